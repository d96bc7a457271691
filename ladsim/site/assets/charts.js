/* Charts as plain SVG: lines with bands, and flows between two columns. Numbers stand in a table beside each.
   A chart is drawn for the screen it is on, so that its text can be read on a phone. */
"use strict";
const onPhone = () => window.innerWidth < 640;
const SVG = "http://www.w3.org/2000/svg";

function node(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return (value / 1e6).toFixed(size < 1e7 ? 1 : 0).replace(/\.0$/, "") + "M";
  if (size >= 1e3) return (value / 1e3).toFixed(size < 1e5 ? 1 : 0).replace(/\.0$/, "") + "k";
  return String(Math.round(value));
}

/* The size of a step between lines of a grid that has about four of them. */
function gridStep(reach) {
  const step = Math.pow(10, Math.floor(Math.log10(reach / 4)));
  return Math.max(1, [1, 2, 2.5, 5, 10].map((k) => k * step).find((v) => v * 4 >= reach));
}

/* months: names; lines: [{label, color, values, low, high, dashed}] */
function lineChart(months, lines, title) {
  const W = onPhone() ? 360 : 520, H = onPhone() ? 210 : 230, L = 44, R = 10, T = 8, B = 26;
  const svg = node("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title, class: "lines" });
  const all = lines.flatMap((l) => [...l.values, ...(l.high || []), ...(l.low || [])]).filter((v) => v !== null && isFinite(v));
  const highest = Math.max(0, ...all), lowest = Math.min(0, ...all), grid = gridStep(Math.max(4, highest - lowest));
  const top = Math.max(lowest ? 0 : grid, Math.ceil(highest / grid) * grid), bottom = Math.floor(lowest / grid) * grid;
  const x = (i) => L + (months.length < 2 ? 0 : (i * (W - L - R)) / (months.length - 1));
  const y = (v) => T + (1 - (v - bottom) / (top - bottom)) * (H - T - B);
  for (let value = bottom; value <= top + grid / 2; value += grid) {
    svg.append(node("line", { x1: L, x2: W - R, y1: y(value), y2: y(value), stroke: lowest && !Math.round(value / grid) ? "#52585f" : "#e3e6ea" }));
    svg.append(node("text", { x: L - 6, y: y(value) + 4, "text-anchor": "end", "font-size": 12, fill: "#52585f" }, short(value)));
  }
  const step = Math.max(1, Math.ceil(months.length / (onPhone() ? 4 : 6)));
  months.forEach((m, i) => {
    if (i % step === 0 && (i === 0 || x(i) < W - R - 26)) svg.append(node("text", { x: x(i), y: H - 8, "text-anchor": "middle", "font-size": 12, fill: "#52585f" }, m));
  });
  const path = (values) => {
    let d = "", open = false;
    values.forEach((v, i) => {
      if (v === null || v === undefined) { open = false; return; }
      d += `${open ? "L" : "M"}${x(i).toFixed(1)},${y(v).toFixed(1)}`;
      open = true;
    });
    return d;
  };
  for (const line of lines) {
    if (line.low && line.low.every((v) => v !== null)) {
      const up = line.high.map((v, i) => `${x(i).toFixed(1)},${y(Math.min(v, top)).toFixed(1)}`);
      const down = line.low.map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`).reverse();
      svg.append(node("polygon", { points: [...up, ...down].join(" "), fill: line.color, opacity: 0.16 }));
    }
  }
  for (const line of lines)
    svg.append(node("path", { d: path(line.values), fill: "none", stroke: line.color, "stroke-width": 2, "stroke-dasharray": line.dashed ? "5 4" : "" }));
  return svg;
}

/* flows: [{from, to, mean}]; fates: [{key, label, color}] in order */
function flowChart(flows, fates, title) {
  const phone = onPhone(), W = phone ? 360 : 760, H = phone ? 480 : 420, BAR = phone ? 8 : 14, X1 = phone ? 124 : 232, X2 = W - X1, GAP = phone ? 16 : 9;
  const svg = node("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title });
  const rank = Object.fromEntries(fates.map((f, i) => [f.key, i]));
  const known = Object.fromEntries(fates.map((f) => [f.key, f]));
  const total = flows.reduce((s, f) => s + f.mean, 0);
  if (!total) return svg;
  const side = (key) => {
    const sums = {};
    flows.forEach((f) => { sums[f[key]] = (sums[f[key]] || 0) + f.mean; });
    const names = Object.keys(sums).sort((a, b) => rank[a] - rank[b]);
    const scale = (H - 20 - GAP * (names.length - 1)) / total;
    let top = 10;
    const places = {};
    for (const name of names) { places[name] = { top, height: sums[name] * scale, next: top, sum: sums[name] }; top += sums[name] * scale + GAP; }
    return { places, scale, names };
  };
  const left = side("from"), right = side("to");
  [...flows].sort((a, b) => rank[a.from] - rank[b.from] || rank[a.to] - rank[b.to]).forEach((f) => {
    const a = left.places[f.from], b = right.places[f.to], ha = f.mean * left.scale, hb = f.mean * right.scale;
    const m = (X1 + X2) / 2;
    const d = `M${X1},${a.next}C${m},${a.next} ${m},${b.next} ${X2},${b.next}L${X2},${b.next + hb}C${m},${b.next + hb} ${m},${a.next + ha} ${X1},${a.next + ha}Z`;
    const band = node("path", { d, fill: known[f.to].color, opacity: 0.5 });
    band.append(node("title", {}, `${known[f.from].label} to ${known[f.to].label}: ${Math.round(f.mean).toLocaleString("en-US")}`));
    svg.append(band);
    a.next += ha; b.next += hb;
  });
  const labels = (s, x, anchor, bar) => {
    let last = -99;
    for (const name of s.names) {
      const p = s.places[name];
      svg.append(node("rect", { x: bar, y: p.top, width: BAR, height: Math.max(1, p.height), fill: known[name].color }));
      const words = `${known[name].label} ${short(p.sum)}`.split(" "), rows = phone ? [[]] : [words];
      if (phone) for (const word of words) { const row = rows[rows.length - 1]; if (row.length && [...row, word].join(" ").length > 16) rows.push([word]); else row.push(word); }
      const y = Math.max(p.top + p.height / 2 + 4 - 6.5 * (rows.length - 1), last + 14);
      last = y + 13 * (rows.length - 1);
      rows.forEach((row, i) => svg.append(node("text", { x, y: y + 13 * i, "text-anchor": anchor, "font-size": 12, fill: "#1b1e22" }, row.join(" "))));
    }
  };
  labels(left, X1 - BAR - 6, "end", X1 - BAR);
  labels(right, X2 + BAR + 6, "start", X2);
  return svg;
}
