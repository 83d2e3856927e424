"""What has happened, as recorded: meetings, mergers, agreements, activities.

Each function gives a named table, ready to print.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from .context import Story


def meetings(story: Story) -> pd.DataFrame:
    """Every known meeting, newest first."""
    frame = story.year.meetings.iloc[::-1]
    rows = [
        {
            "year": meeting.year,
            "place": story.name(meeting.town),
            "where": meeting.place,
            "kind": story.plain(f"kind.{meeting.kind}"),
            "when": story.text.date(meeting.date_from, meeting.date_to)
            if meeting.date_from
            else "",
            "participants": meeting.participants,
            "status": story.plain(f"status.{meeting.status}"),
        }
        for meeting in frame.itertuples()
    ]
    return pd.DataFrame(rows)


def mergers(story: Story) -> pd.DataFrame:
    """Known mergers of the places' municipalities, with what is said of each."""
    rows = [
        {"place": story.name(row["town"]), "year": row["year"], "what": story.prose(row)}
        for row in story.known.used["chain"].to_dict("records")
        if row["event"] == "merged"
    ]
    return pd.DataFrame(rows)


def agreements(story: Story) -> pd.DataFrame:
    """Agreements and their known absence."""
    frame = story.known.used["agreements"]
    rows = pd.DataFrame(
        {
            "place": [story.name(town) for town in frame["town"]],
            "level": [story.plain(f"agreement.{level}") for level in frame["level"]],
            "status": [story.plain(f"agreement.{status}") for status in frame["status"]],
            "from_year": [year if year.is_known else "" for year in frame["from_year"]],
        }
    )
    grouped = rows.groupby(["level", "status"], sort=False)
    return pd.concat(
        [
            group
            if (group["from_year"] != "").any()
            else group.head(1).assign(place=story.text.shown(list(group["place"])))
            for _, group in grouped
        ]
        or [rows]
    )


def activities(story: Story) -> pd.DataFrame:
    """Exchanges, requests and minutes, newest first."""
    frame = story.known.used["activities"].iloc[::-1]
    rows = [
        {
            "year": row["year"],
            "what": story.prose(row),
            "status": story.plain(f"status.{row['status']}"),
            "role": story.plain(f"municipal_role.{row['municipal_role'] or 'none'}"),
        }
        for row in frame.to_dict("records")
    ]
    return pd.DataFrame(rows)


TABLES: dict[str, Callable[[Story], pd.DataFrame]] = {
    function.__name__: function for function in (meetings, mergers, agreements, activities)
}
