"""The chain as GeoJSON (RFC 7946), for programs that draw maps."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

from . import chain, exchange, store
from .quantity import Quantity
from .story import Story


def write(story: Story, folder: Path) -> None:
    """Write the chain into the report's folder."""
    path = folder / exchange.FOLDER / f"{exchange.name(story)}.geojson"
    store.write({path: exchange.as_json(geojson(story))})


def geojson(story: Story) -> dict[str, Any]:
    """The places of the chain as points (RFC 7946): a number, or null where there is none, with
    what is said of it in words; a place without a point has no geometry."""
    places = chain.places(story.known, story.home)
    return {
        "type": "FeatureCollection",
        "title": story.plain("forms.title"),
        "description": story.plain("forms.about.geojson"),
        "features": [_feature(story, place) for _, place in places.iterrows()],
    }


def _feature(story: Story, place: pd.Series) -> dict[str, Any]:
    gone = place["role"] == "former"
    stated: dict[str, Quantity | None] = {
        "admitted": place["admitted"],
        "contact": place["contact"],
        "left": place["left"] if gone else None,
        "members": None if gone else place["members"],
        "distance_km": None if place["role"] == "home" else place["distance_km"],
    }
    here = None if pd.isna(place["lat"]) else [float(place["lon"]), float(place["lat"])]
    refs = [place["ref"], *(ref for said in stated.values() if said for ref in said.refs)]
    about = {
        "town": place["town"],
        "name": story.name(place["town"]),
        "local_name": place["local_name"] or None,
        "area": story.area(place),
        "country": place["country"],
        "role": place["role"],
        "role_text": story.plain(f"role.{place['role']}"),
        "approximate": bool(place["approximate"]),
    }
    for key, said in stated.items():
        about |= {key: _number(said), f"{key}_text": story.amount(said) if said else None}
    about["sources"] = story.titles(refs)
    return {
        "type": "Feature",
        "id": place["town"],
        "geometry": here and {"type": "Point", "coordinates": here},
        "properties": about,
    }


def _number(of: Quantity | None) -> float | int | None:
    value = of.value if of else None
    if value is None or math.isinf(value):
        return None
    return int(value) if value == int(value) else round(value, 1)
