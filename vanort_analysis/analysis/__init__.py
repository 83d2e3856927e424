"""What follows from the tables of one year: frames and facts, pure, no word for a reader."""
