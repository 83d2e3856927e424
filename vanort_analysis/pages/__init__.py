"""What the pages hold: their texts, tables and pictures as blocks, page by page."""
