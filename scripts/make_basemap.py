"""Re-make vanort_analysis/pictures/basemap/nordic.geojson from Natural Earth (public domain), and
vanort_analysis/data/countries.toml: the boxes of latitude and longitude that a country lies in.

Needed only when the window or the tolerance in provenance.json is changed:

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python scripts/make_basemap.py package/countries-10m.json
"""

import hashlib
import json
import math
import sys
from collections import defaultdict
from pathlib import Path

import geopandas as gpd
import shapely
from babel.core import get_global

PACKAGE = Path(__file__).parents[1] / "vanort_analysis"
FOLDER = PACKAGE / "pictures" / "basemap"
NEAR = 2  # degrees: parts of a country that are nearer than this share a box
ALSO = {"FO": "DK", "GL": "DK", "AX": "FI"}  # often given the code of the state they belong to


def polygons(shape: shapely.Geometry, at_least: float = 0) -> shapely.MultiPolygon:
    """Only the polygon parts of at least some area, however deep a clip has nested them."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon(
        [p for p in parts if p.geom_type == "Polygon" and p.area > at_least]
    )


def write_boxes(world: gpd.GeoDataFrame) -> None:
    """Where a country's mainland and each group of islands lies, to a tenth of a degree outwards.

    A hole in a group is inside its box: a point outside every box is surely not in the country.
    """
    codes = get_global("territory_aliases")  # 246: FI
    parts = world[world["id"].isin(set(codes)) & ~world.is_empty].explode()
    around = parts.buffer(0).envelope.buffer(NEAR / 2, join_style="mitre")
    found = defaultdict(list)
    for number, boxes in around.groupby(parts["id"]):
        for group in shapely.get_parts(shapely.union_all(boxes.to_numpy())):
            west, south, east, north = group.bounds
            edges = [math.floor(10 * (edge + NEAR / 2)) / 10 for edge in (south, west)]
            edges += [math.ceil(10 * (edge - NEAR / 2)) / 10 for edge in (north, east)]
            code = codes[number][0]
            for of in {code, ALSO.get(code, code)}:
                found[of].append(edges)
    text = "# The boxes a country lies in, in degrees: south, west, north, east."
    text += " By `scripts/make_basemap.py`.\n"
    text += "".join(f"{of} = {sorted(boxes)}\n" for of, boxes in sorted(found.items()))
    (PACKAGE / "data" / "countries.toml").write_text(text, "utf-8", newline="\n")


def shared_borders(countries: gpd.GeoSeries) -> shapely.MultiLineString:
    """The lines that two countries share: all their outlines without the coasts."""
    coasts = countries.union_all(method="coverage").boundary
    return shapely.line_merge(shapely.difference(countries.boundary.union_all(), coasts))


def main(atlas: Path) -> None:
    about = json.loads((FOLDER / "provenance.json").read_text("utf-8"))
    wanted, islands = about["parameters"], about["parameters"]["smallest_island_km2_of"]
    if hashlib.sha256(atlas.read_bytes()).hexdigest() != about["source"]["sha256"]:
        sys.exit("not the countries-10m.json that provenance.json names")
    world = gpd.read_file(atlas, layer="countries").set_crs(4326)
    write_boxes(world)
    # Repaired in the plane, not in degrees, where Russia is torn at the date line.
    flat = world[world.bounds["maxy"] > 0].to_crs(wanted["crs"]).sort_values("id")
    window = shapely.box(*(1000 * km for km in wanted["window_km"]))
    flat["geometry"] = flat.make_valid().intersection(window).map(polygons)
    flat["geometry"] = flat.simplify_coverage(1000 * wanted["tolerance_km"])
    smallest = [1e6 * islands.get(i, wanted["smallest_island_km2"]) for i in flat["id"]]
    flat["geometry"] = [polygons(g, a) for g, a in zip(flat.geometry, smallest, strict=True)]
    back = flat[~flat.is_empty].to_crs(4326)
    back["geometry"] = back.make_valid().set_precision(wanted["precision_degrees"]).map(polygons)
    borders = gpd.GeoSeries(
        [shared_borders(back.to_crs(wanted["crs"]).geometry)], crs=wanted["crs"]
    )
    decimals = -round(math.log10(wanted["precision_degrees"]))
    borders = borders.to_crs(4326).transform(lambda points: points.round(decimals))
    back = back[["id", "name", "geometry"]].reset_index(drop=True)
    back.loc[len(back)] = {"id": "", "name": "Borders", "geometry": borders[0]}
    made = json.loads(back.to_json(drop_id=True))
    made = {"type": "FeatureCollection", "features": made["features"]}
    overlap = flat.area.sum() - flat.union_all().area
    assert overlap < 1e6, "countries overlap: is a ring torn?"
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n"
    (FOLDER / about["file"]).write_text(text, "utf-8", newline="\n")
    about["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    provenance = json.dumps(about, ensure_ascii=False, indent=2) + "\n"
    (FOLDER / "provenance.json").write_text(provenance, "utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
