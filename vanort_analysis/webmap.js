// The keyboard and the buttons zoom; a finger that scrolls the page is not caught.
L.Map.mergeOptions({minZoom: -9, maxZoom: 1, zoomSnap: 0.05, scrollWheelZoom: false,
  zoomAnimation: false, fadeAnimation: false, attributionControl: false,
  dragging: !L.Browser.mobile});

// Land and its borders; their looks are in webmap.css.
const vmLand = (map, rings, borders) => {
  L.polygon(rings, {className: "vm-land", interactive: false}).addTo(map);
  L.polyline(borders, {className: "vm-border", interactive: false}).addTo(map);
};

// A marker with its mark and name, and a pop-up. Names are set as text, never as markup.
const vmPlace = (map, at, size, r, sign, label, area, lines) => {
  const html = `<span class="vm-mark vm-${sign}"></span><span class="vm-name"></span>`;
  const icon = L.divIcon({className: "vm-place", html, iconSize: [size, size]});
  const marker = L.marker(at, {icon, riseOnHover: true}).addTo(map), element = marker.getElement();
  element.style.setProperty("--size", r + "px");
  element.setAttribute("aria-label", label + ", " + area);
  element.lastChild.textContent = label;
  marker.bindPopup(() => {
    const box = document.createElement("div");
    for (const line of [label, ...lines]) {
      const p = document.createElement("p");
      p.textContent = line;
      box.append(p);
    }
    return box;
  }, {maxWidth: 240, autoPanPadding: [12, 12]});
};

const vmManners = (map, bounds, start, edges, close, zoomInTitle, zoomOutTitle) => {
  const frame = map.getContainer();
  L.control.zoom({position: "bottomleft", zoomInTitle, zoomOutTitle}).addTo(map);
  map.setMaxBounds(L.latLngBounds(bounds).pad(2));
  map.getPane("overlayPane").setAttribute("aria-hidden", "true");
  const show = box => {
    map.fitBounds(box, {padding: [22, 22], animate: false});
    map.panInsideBounds(edges, {animate: false});  // no land ends in sight
  };
  const whole = () => {
    if (map.getZoom() === map.getMinZoom()) show(bounds);
  };
  // A small map starts where places lie close, so that each can be touched; zooming out shows all.
  const fit = () => {
    map.setMinZoom(-9);
    show(bounds);
    map.setMinZoom(map.getZoom());
    if (frame.clientWidth < 480) show(start);
  };
  // Focus goes into the pop-up and back to its place; a map moved to make room moves back.
  map.on("popupopen", e => {
    const box = e.popup.getElement(), button = box.querySelector(".leaflet-popup-close-button");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", box.querySelector("p").textContent);
    button.setAttribute("aria-label", close);
    button.focus({preventScroll: true});
  });
  map.on("popupclose", e => {
    e.popup._source.getElement().focus({preventScroll: true});
    whole();
  });
  frame.addEventListener("keydown", e => {
    if (e.key === "Escape") map.closePopup();
    if (e.key === " " && e.target.matches(".vm-place")) {
      e.preventDefault();
      e.target.click();
    }
  });
  // Marks are smaller on a small map. A name stands beside its mark where it covers no mark and no
  // other name; else it shows on focus.
  const sides = ["right", "left", "above", "below", "above right", "above left", "below right",
    "below left", "none"];
  const tidy = () => {
    frame.style.setProperty("--k", Math.min(1, Math.max(0.55, 2 ** (map.getZoom() + 2.3))));
    const edge = frame.getBoundingClientRect();
    const all = [...frame.querySelectorAll(".vm-place")];
    const taken = [...all.map(place => place.firstChild), ...frame.querySelectorAll(".leaflet-bar")]
      .map(thing => thing.getBoundingClientRect());
    for (const place of all) {
      place.dataset.side = sides.find(side => {
        place.dataset.side = side;
        const r = place.lastChild.getBoundingClientRect();
        const free = side === "none" || r.left >= edge.left && r.right <= edge.right
          && !taken.some(t => t.left < r.right && t.right > r.left && t.top < r.bottom
            && t.bottom > r.top);
        if (free && side !== "none") taken.push(r);
        return free;
      });
    }
  };
  map.on("moveend", tidy);
  map.on("zoomend", whole);
  map.on("resize", fit);
  fit();
  tidy();
};
