/* The corridor by month or year: ways as wide as the people on them, sectors as circles; levels of either world, or differences. */
"use strict";
const WINDOWS = {
  corridor: ["The whole corridor", -119, -34, -37, 37], north: ["Mexico and the US border", -119, -86, 13.5, 36], isthmus: ["Darién to Guatemala", -93, -75, 6.5, 18],
};
const WORLDS = { scenario: "Scenario", reference: "Reference", difference: "Difference" };
const GROUPS = { land: "#0072B2", sea: "#009E73", air: "#9467bd" };
const MORE = "#D55E00", LESS = "#0072B2", UNUSED = "#9aa1a9";
const mapState = { month: null, periods: "", world: "difference", window: "corridor", timer: null };

/* How wide a text is drawn, in the page's own letters. */
const pen = document.createElement("canvas").getContext("2d");
function widthOf(text, size, weight) {
  pen.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}

/* d: {corridor, sectors}, with a number for each of the periods; step: what a period is called. */
function corridorMap(d, months, step) {
  const map = d.corridor, phone = onPhone(), W = phone ? 380 : 760;
  const apart = months.map((_, m) => map.pairs.reduce((sum, _, i) => sum + Math.abs(map.scenario[i][m] - map.reference[i][m]), 0));
  if (mapState.periods !== months.join()) Object.assign(mapState, { periods: months.join(), month: Math.max(0, apart.indexOf(Math.max(...apart))) });
  const box = el("div", { class: "map" }), caption = el("figcaption", { "aria-live": "off" }), list = el("div", {});
  const at = (rows, i) => (mapState.world === "difference" ? rows.scenario[i] - rows.reference[i] : rows[mapState.world][i]);
  const value = (i, m) => (mapState.world === "difference" ? map.scenario[i][m] - map.reference[i][m] : map[mapState.world][i][m]);
  const largest = (world) => Math.max(1, ...map.pairs.flatMap((_, i) => months.map((_, m) => Math.abs(world === "difference" ? map.scenario[i][m] - map.reference[i][m] : Math.max(map.scenario[i][m], map.reference[i][m])))));
  const sizes = { level: largest("level"), difference: largest("difference") };
  const most = Math.max(1, ...d.sectors.flatMap((s) => [...s.scenario, ...s.reference]));
  /* Names of the sectors and of the busiest places, where there is room. */
  const label = (svg, order, X, Y, W, H, m, differs) => {
    const through = {}, taken = [[0, 0, 24 + widthOf(heading(m), 16, 600), 34]];
    for (const i of order) for (const n of map.pairs[i].slice(0, 2)) through[n] = (through[n] || 0) + Math.abs(value(i, m));
    const names = Object.keys(through).sort((a, b) => through[b] - through[a]).map((n) => map.places[n]).filter((p) => p[3] === "transit" || p[3] === "residence" || p[3] === "airport").map((p) => [p[0], p[1], p[2], 11, 400]);
    const own = mapState.window === "north" ? d.sectors.map((s) => [s.fails ? s.name : `${s.name} ${differs ? signed(at(s, m)) : short(at(s, m))}`, ...s.point, 11, 600]) : [];
    let left = phone ? 9 : mapState.window === "corridor" ? 14 : 20;
    for (const [text, lon, lat, size, weight] of [...own, ...names]) {
      const x = X(lon), y = Y(lat), wide = widthOf(text, size, weight);
      if (!left || x < 4 || y < 12 || x > W - 4 || y > H - 6) continue;
      const spot = [[x + 8, y + 4], [x - 8 - wide, y + 4], [x - wide / 2, y - 10], [x - wide / 2, y + 18]].find(([a, b]) => a > 2 && a + wide < W - 2 && b - size > 0 && b < H - 2 && taken.every(([p, q, r, t]) => a + wide < p || a > r || b < q || b - size > t));
      if (!spot) continue;
      taken.push([spot[0] - 3, spot[1] - size - 1, spot[0] + wide + 3, spot[1] + 3]); left -= 1;
      svg.append(node("text", { x: spot[0].toFixed(1), y: spot[1].toFixed(1), "font-size": size, "font-weight": weight, fill: "#1b1e22", stroke: "#f6f4ee", "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" }, text));
    }
  };
  const heading = (m) => `${months[m]}, ${WORLDS[mapState.world].toLowerCase()}`;
  const draw = () => {
    const [, west, east, south, north] = WINDOWS[mapState.window], squeeze = Math.cos(((south + north) / 2) * Math.PI / 180);
    const k = W / ((east - west) * squeeze), H = Math.round((north - south) * k);
    const X = (lon) => (lon - west) * squeeze * k, Y = (lat) => (north - lat) * k, m = mapState.month, differs = mapState.world === "difference";
    const svg = node("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `Map of the corridor, ${months[m]}, ${WORLDS[mapState.world].toLowerCase()}; the table below holds the busiest ways` });
    svg.append(node("rect", { width: W, height: H, fill: "#e9eff4" }));
    for (const ring of DATA.outlines.polygons) svg.append(node("path", { d: "M" + ring.map(([lon, lat]) => `${X(lon).toFixed(1)},${Y(lat).toFixed(1)}`).join("L") + "Z", fill: "#f6f4ee", stroke: "#bdb9ae", "stroke-width": 0.7 }));
    const scale = differs ? sizes.difference : sizes.level;
    const order = map.pairs.map((_, i) => i).filter((i) => value(i, m)).sort((a, b) => Math.abs(value(a, m)) - Math.abs(value(b, m)));
    for (const i of order) {
      const [a, b, group] = map.pairs[i], [, alon, alat] = map.places[a], [, blon, blat] = map.places[b], v = value(i, m);
      if (group === "air" && Math.abs(v) < scale / 300) continue;
      const bend = { land: 0.06, sea: 0.12, air: 0.16 }[group], x1 = X(alon), y1 = Y(alat), x2 = X(blon), y2 = Y(blat);
      const line = node("path", { d: `M${x1.toFixed(1)},${y1.toFixed(1)}Q${((x1 + x2) / 2 + bend * (y2 - y1)).toFixed(1)},${((y1 + y2) / 2 - bend * (x2 - x1)).toFixed(1)} ${x2.toFixed(1)},${y2.toFixed(1)}`, fill: "none", stroke: differs ? (v > 0 ? MORE : LESS) : GROUPS[group], "stroke-width": Math.max(0.6, (phone ? 7 : 11) * Math.abs(v) / scale).toFixed(2), opacity: group === "air" ? 0.55 : 0.75, "stroke-linecap": "round" });
      line.append(node("title", {}, `${map.places[a][0]} to ${map.places[b][0]} by ${group}: ${differs ? signed(v) : whole(v)}`));
      svg.append(line);
    }
    for (const s of d.sectors) {
      const v = at(s, m), r = Math.max(2, (phone ? 10 : 17) * Math.sqrt(Math.abs(v) / most)), fill = s.fails ? UNUSED : differs ? (v > 0 ? MORE : LESS) : "#E69F00";
      if (!v && !s.fails) continue;
      const circle = node("circle", { cx: X(s.point[0]), cy: Y(s.point[1]), r: s.fails ? 6 : r, fill, "fill-opacity": s.fails ? 0.5 : 0.6, stroke: s.fails ? "#52585f" : "#7a5400", "stroke-dasharray": s.fails ? "2 2" : "" });
      circle.append(node("title", {}, s.fails ? `${s.name}: not shown, the score finds it far off` : `${s.name}: ${differs ? signed(v) : whole(v)} encounters`));
      svg.append(circle);
    }
    label(svg, order, X, Y, W, H, m, differs);
    svg.append(node("text", { x: 10, y: 22, "font-size": 16, "font-weight": 600, fill: "#1b1e22", stroke: "#f6f4ee", "stroke-width": 4, "paint-order": "stroke", "stroke-linejoin": "round" }, heading(m)));
    box.replaceChildren(svg);
    const gray = d.sectors.filter((s) => s.fails);
    const key = (color, text) => el("span", {}, el("i", { style: "background:" + color }), text);
    const shown = d.sectors.filter((x) => !x.fails).map((x) => Math.abs(at(x, m))), each = step === "year" ? "a month on average" : "a month";
    caption.replaceChildren(el("span", { class: "legend" }, ...(differs ? [key(MORE, "more than under the reference"), key(LESS, "fewer")] : [key(GROUPS.land, "by land"), key(GROUPS.sea, "by sea"), key(GROUPS.air, "by air"), key("#E69F00", "encounters")])),
      `Lines: passages; the widest that this map can show stands for ${near(scale)} ${each}. Lines are schematic, not roads. Circles: encounters between ports by Border Patrol sector (events)${shown.some(Boolean) ? `; the largest here stands for ${differs ? "a difference of " : ""}${near(Math.max(...shown))} ${each}` : ""}.`,
      gray.length ? el("span", { id: "grayed" }, ` Gray, without a number, since the score finds the share far off: ${gray.map((s) => `${s.name} (${s.fails})`).join("; ")}.`) : "", " Means over replicates, without intervals: single ways rest on few simulated people.");
    const busiest = order.slice(-10).reverse();
    list.replaceChildren(table(`${differs ? "Ways with the largest differences" : "Busiest ways"}, ${months[m]}, passages ${each}`, ["Way", "By", "Scenario", "Reference", "Difference"], busiest.map((i) => [`${map.places[map.pairs[i][0]][0]} to ${map.places[map.pairs[i][1]][0]}`, map.pairs[i][2], near(map.scenario[i][m]), near(map.reference[i][m]), signed(map.scenario[i][m] - map.reference[i][m])])));
    slider.value = String(m); told.textContent = months[m];
    slider.setAttribute("aria-valuetext", months[m]);
  };
  const told = el("output", { for: "month" });
  const slider = el("input", { type: "range", id: "month", min: "0", max: String(months.length - 1), step: "1", oninput: (e) => { mapState.month = Number(e.target.value); draw(); } });
  const stop = () => { clearInterval(mapState.timer); mapState.timer = null; play.textContent = "Play"; };
  const play = el("button", { type: "button", id: "play", onclick: () => {
    if (mapState.timer) { stop(); return; }
    if (mapState.month === months.length - 1) mapState.month = 0;
    play.textContent = "Pause";
    mapState.timer = setInterval(() => { if (!box.isConnected || mapState.month >= months.length - 1) { stop(); return; } mapState.month += 1; draw(); }, 500);
  } }, "Play");
  const choose = (id, label, options, key) => el("div", {}, el("label", { for: id }, label), el("select", { id, onchange: (e) => { mapState[key] = e.target.value; draw(); } }, Object.entries(options).map(([name, text]) => el("option", name === mapState[key] ? { value: name, selected: "" } : { value: name }, text))));
  clearInterval(mapState.timer); mapState.timer = null;
  draw();
  return [el("div", { class: "controls" }, choose("world", "Show", WORLDS, "world"), choose("window", "Where", Object.fromEntries(Object.entries(WINDOWS).map(([k, v]) => [k, v[0]])), "window"),
    el("div", {}, el("label", { for: "month" }, step.charAt(0).toUpperCase() + step.slice(1) + " ", told), slider), play), el("figure", {}, box, caption, el("p", { class: "small soft" }, `Country outlines: ${DATA.outlines.source}.`)), el("details", {}, el("summary", {}, `The ways of this ${step}, in numbers`), list)];
}
