// Only the keyboard and the buttons zoom, so that a wheel or a finger can scroll past the map.
L.Map.mergeOptions({minZoom: -9, maxZoom: 1, zoomSnap: 0.05, scrollWheelZoom: false,
  zoomAnimation: false, fadeAnimation: false, attributionControl: false,
  dragging: !L.Browser.mobile});

if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
  const {run} = L.PosAnimation.prototype;
  L.PosAnimation.include({run(element, to) { run.call(this, element, to, 0.001); }});
}

// Text from data is set as text, never as markup.
const vmAdd = (to, tag, text = "", className = "") => {
  const element = to.appendChild(document.createElement(tag));
  return Object.assign(element, {textContent: text, className});
};

const vmName = place => place.label + ", " + place.area;

// A mark with its name as a button, to be reached by keyboard.
const vmButton = place => {
  const html = "<span class='vm-mark'></span><span class='vm-name'></span>";
  const size = Math.max(28, 2 * place.r);  // a finger needs room
  const icon = L.divIcon({className: "vm-place", html, iconSize: [size, size],
    iconAnchor: [size / 2, size / 2]});
  return L.marker(place.point, {icon, riseOnHover: true}).on("add", e => {
    const element = e.target.getElement();
    element.style.setProperty("--size", place.r + "px");
    element.setAttribute("aria-label", vmName(place));
    element.lastChild.textContent = place.label;
  });
};

// Draws the land and its borders (styled in webmap.css) and, over them, routes and places. A few
// places are buttons; `many` are dots on a canvas, opened from a list above the map. `years`: what
// changed in each year of the slider.
const vmShow = (map, [rings, borders], marks, many, boxes, words, years) => {
  L.polygon(rings, {className: "vm-land", interactive: false}).addTo(map);
  L.polyline(borders, {className: "vm-border", interactive: false}).addTo(map);
  const frame = map.getContainer(), box = frame.closest(".vm"), find = box.querySelector("select");
  const slider = box.querySelector("input"), output = box.querySelector("output");
  const [sources, citedIn, ...manners] = words, styles = getComputedStyle(box);
  const colour = name => styles.getPropertyValue("--" + name);
  const popup = {maxWidth: Math.min(320, frame.clientWidth - 90), autoPanPadding: [12, 12],
    maxHeight: frame.clientHeight - 60};
  const drawn = many ? {renderer: L.canvas({tolerance: 8})} : {};
  const describe = place => {
    const content = document.createElement("div");
    vmAdd(content, "p", place.label, "vm-title");
    for (const line of place.lines) vmAdd(content, "p", line);
    if (place.sources.length) {
      const from = vmAdd(content, "p", sources + " ", "vm-sources");
      for (const title of place.sources) vmAdd(from, "cite", title).lang = citedIn;
    }
    return content;
  };
  const line = place => L.polyline(place.way, {...drawn, interactive: false});
  const dot = place =>
    L.circleMarker(place.point, {...drawn, radius: Math.max(3, place.r / 2)});
  const mark = place => (many && place.sign !== "home" ? dot(place) : vmButton(place))
    .bindPopup(() => describe(place), popup);
  const added = (place, layer) => Object.assign(layer.addTo(map), {place});
  const lines = marks.filter(place => place.way).map(place => added(place, line(place)));
  const places = marks.map(place => added(place, mark(place))), all = [...lines, ...places];

  // Shows the places of the chain in a year; one that leaves in that year is dashed.
  const show = year => {
    const seen = new Set();
    for (const each of all) {
      const place = each.place, there = !(place.since > year || place.until < year);
      const sign = place.until <= year ? "former" : place.sign, former = sign === "former";
      const element = each.getElement?.();
      if (there) seen.add(sign);
      if (element) element.toggleAttribute("hidden", !there);
      else if (there) map.addLayer(each);
      else map.removeLayer(each);
      if (!each.setStyle) {
        element.firstChild.className = "vm-mark vm-" + sign;
      } else if (each.getPopup()) {
        const open = former || sign === "unknown", edge = colour(former ? "former" : "accent");
        each.setStyle({color: open ? edge : colour("paper"), weight: open ? 2 : 1, fillOpacity: 1,
          fillColor: open ? colour("paper") : edge, dashArray: former ? "2 2" : null});
      } else {
        each.setStyle({color: colour(former ? "former" : "line"), weight: former ? 1.2 : 1.6,
          opacity: many ? 0.4 : 1, dashArray: former ? "4 4" : null});
      }
      if (each.option) each.option.disabled = !there;
    }
    if (find?.selectedOptions[0]?.disabled) {
      find.selectedIndex = [...find.options].findIndex(option => !option.disabled);
    }
    for (const sign of box.querySelectorAll(".vm-key li")) {
      sign.hidden = !seen.has(sign.dataset.sign);
    }
  };
  if (find) {
    const name = each => vmName(each.place);
    const order = new Intl.Collator(document.documentElement.lang || undefined).compare;
    const sorted = [...places].sort((one, other) => order(name(one), name(other)));
    for (const each of sorted) each.option = vmAdd(find, "option", name(each));
    const open = () => sorted[find.selectedIndex]?.openPopup();
    find.nextElementSibling.addEventListener("click", open);
  }
  slider?.addEventListener("input", () => {
    map.closePopup();
    show(Number(slider.value));
    output.textContent = years[slider.value - slider.min];
    slider.setAttribute("aria-valuetext", output.textContent);
    map.fire("moveend");  // names are set anew
  });
  show(slider ? Number(slider.value) : Infinity);
  vmManners(map, ...boxes, ...manners);
  map.fire("moveend");
};

const vmManners = (map, bounds, start, edges, close, zoomInTitle, zoomOutTitle) => {
  const frame = map.getContainer();
  L.control.zoom({position: "bottomleft", zoomInTitle, zoomOutTitle}).addTo(map);
  map.getPane("overlayPane").setAttribute("aria-hidden", "true");
  const show = box => {
    map.fitBounds(box, {padding: [22, 22], animate: false});
    map.panInsideBounds(edges, {animate: false});  // no land ends in sight
  };
  const whole = () => {
    if (map.getZoom() === map.getMinZoom()) show(bounds);
  };
  // A small map starts at the crowd, so that each place can be touched; zooming out shows all.
  const fit = () => {
    map.setMinZoom(-9);
    show(bounds);
    map.setMinZoom(map.getZoom());
    if (frame.clientWidth < 480) show(start);
  };
  // Focus moves into the pop-up and back; a map that moved to make room for it moves back as well.
  let opener;
  map.on("popupopen", e => {
    const box = e.popup.getElement(), text = box.querySelector(".leaflet-popup-content");
    const button = box.querySelector(".leaflet-popup-close-button");
    if (text.scrollHeight > text.clientHeight) text.tabIndex = 0;  // the keyboard scrolls it
    text.id = "chain-said";
    box.setAttribute("aria-describedby", text.id);
    opener = e.popup._source.getElement() ?? frame.closest(".vm").querySelector("button");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", box.querySelector("p").textContent);
    button.setAttribute("aria-label", close);
    button.focus({preventScroll: true});
  });
  map.on("popupclose", () => {
    if (document.activeElement === document.body) opener.focus({preventScroll: true});
    whole();
  });
  frame.addEventListener("keydown", e => {
    if (e.key === "Escape") map.closePopup();
    if (e.key === " " && e.target.matches(".vm-place")) {
      e.preventDefault();
      e.target.click();
    }
  });
  // Marks are smaller on a small map. A name is shown beside its mark where it covers no mark
  // and no other name; otherwise on focus only.
  const sides = ["right", "left", "above", "below", "above right", "above left", "below right",
    "below left", "none"];
  const tidy = () => {
    frame.style.setProperty("--k", Math.min(1, Math.max(0.55, 2 ** (map.getZoom() + 2.3))));
    const edge = frame.getBoundingClientRect();
    const all = [...frame.querySelectorAll(".vm-place:not([hidden])")];
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
  map.on("resize", () => {
    map.closePopup();  // it would be left outside
    fit();
  });
  fit();
  map.setMaxBounds(L.latLngBounds(bounds).pad(4));  // earlier, it would pan after the fit
};
