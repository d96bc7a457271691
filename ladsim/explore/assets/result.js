/* What a run says: numbers, fates, map, charts against the record, queues; and downloads. */
"use strict";
const shownAs = { what: "level" };

function download(name, text, kind) {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: kind })), download: name });
  document.body.append(link); link.click(); link.remove();
}
function picture(svg, name, png) {
  const text = new XMLSerializer().serializeToString(svg);
  if (!png) { download(name + ".svg", text, "image/svg+xml"); return; }
  const image = new Image(), box = svg.viewBox.baseVal, canvas = el("canvas", { width: 2 * box.width, height: 2 * box.height });
  image.onload = () => {
    const c = canvas.getContext("2d"); c.fillStyle = "#fff"; c.fillRect(0, 0, canvas.width, canvas.height); c.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((b) => { const a = el("a", { href: URL.createObjectURL(b), download: name + ".png" }); document.body.append(a); a.click(); a.remove(); });
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
}
function pictureButtons(holder, name) {
  const now = () => holder.querySelector("svg");
  return el("p", { class: "small files" }, "Picture: ", [["SVG", false], ["PNG", true]].map(([text, png]) => [el("button", { type: "button", class: "quiet", "aria-label": `Download ${name} as ${text}`, onclick: () => picture(now(), "ladsim-" + name.replace(/\W+/g, "-").slice(0, 60).toLowerCase(), png) }, text), " "]).flat());
}

function detailChart(found, c) {
  const bands = (s) => (found.details.enough ? { low: s.low, high: s.high } : {}), differs = shownAs.what === "difference";
  const lines = differs ? [{ values: c.difference.mean, ...bands(c.difference), color: "#0072B2" }]
    : [{ values: c.reference.mean, ...bands(c.reference), color: "#D55E00" }, { values: c.scenario.mean, ...bands(c.scenario), color: "#0072B2" }, ...(c.record ? [{ values: c.record, color: "#222", dashed: true }] : [])];
  const key = (color, text) => el("span", {}, el("i", { style: "background:" + color }), text);
  const first = differs ? Math.max(0, c.difference.mean.findIndex((v) => v) - 2) : 0, from = (values) => values && values.slice(first);
  const flat = differs && c.difference.mean.every((v) => !v);
  const drawn = flat ? el("p", { class: "soft" }, "No difference in any month.") : lineChart(found.months.slice(first), lines.map((l) => ({ ...l, values: from(l.values), low: from(l.low), high: from(l.high) })), `${c.title}; ${differs ? "scenario minus reference" : "scenario, reference" + (c.record ? " and record" : "")}`);
  const figure = el("figure", {}, el("h3", {}, c.title), drawn, el("figcaption", {}, el("span", { class: "legend" }, ...(differs ? [key("#0072B2", "scenario minus reference")] : [key("#0072B2", "scenario"), key("#D55E00", "reference"), c.record ? key("#222", "record (dashed)") : null])), " ",
      [differs ? "" : c.miss, c.note].filter(Boolean).join(" ")));
  const rows = found.months.map((m, i) => [m, near(c.scenario.mean[i]), near(c.reference.mean[i]), ...(found.details.enough ? [plusMinus(c.difference.mean[i], c.difference.low[i], c.difference.high[i], true)] : [signed(c.difference.mean[i])]), whole(c.record ? c.record[i] : null)]);
  const numbers = el("details", {}, el("summary", { class: "small" }, "Numbers"));
  numbers.addEventListener("toggle", () => { if (numbers.open && numbers.children.length === 1) numbers.append(table(c.title, ["Month", "Scenario", "Reference", "Difference", "Record"], rows)); });
  if (!flat) figure.append(pictureButtons(figure, c.title));
  figure.append(numbers);
  return figure;
}

function chartsSection(found) {
  const box = el("div", { class: "charts" });
  const draw = () => box.replaceChildren(...found.details.charts.map((c) => detailChart(found, c)));
  draw();
  return [el("div", { class: "controls" }, el("div", {}, el("label", { for: "what" }, "Show"), el("select", { id: "what", onchange: (e) => { shownAs.what = e.target.value; draw(); } },
    [["level", "scenario, reference and record"], ["difference", "difference to the reference"]].map(([v, t]) => el("option", v === shownAs.what ? { value: v, selected: "" } : { value: v }, t))))),
    el("p", { class: "small soft" }, found.details.enough ? "Bands are 90 percent intervals over replicates: chance and fitted parameters. What the model itself gets wrong is said under each chart that has a record." : "With two replicates no bands are drawn; the finer run has them. What the model itself gets wrong is said under each chart that has a record."), el("p", { class: "small soft" }, "Where both worlds are the same, the reference lies under the scenario."), box];
}

function queuesTable(found) {
  const title = (id) => {
    const lever = DATA.levers.find((l) => l.id === id.split(".")[0]), part = lever && lever.parts.find((p) => p.id === id);
    return lever ? lever.title + (part && part.title !== lever.title ? `: ${part.title}` : "") : id.replace(/[._]/g, " ");
  };
  if (!found.details.queues.length) return el("p", { class: "soft" }, "Nobody waits in a queue in the last month.");
  return table(`The longest queues of lawful pathways at the end of ${found.months[found.months.length - 1]}, in persons; means over replicates, without intervals`, ["Program", "Scenario", "Reference", "Difference"], found.details.queues.map((q) => [title(q.id), near(q.scenario), near(q.reference), signed(q.scenario - q.reference)]));
}

function resultOf(told, state) {
  const found = told.found, [scale, seeds] = told.grain;
  const map = el("div", { id: "map" }, ...corridorMap(found.details, found.months, "month")), fates = el("div", {}, ...fatesSection(found));
  const offered = [["scenario", "scenario (YAML)"], ["table", "table by month (CSV)"], ...(DATA.workbook ? [["workbook", "tables (Excel)"]] : []), ...(told.files ? [["report", "report (HTML)"], ["monthly", "by nationality and place (CSV)"]] : [])];
  const files = el("p", { id: "files" }, "Files: ", offered.map(([which, text]) => [el("a", { href: `/api/runs/${told.id}/${which}` }, text), " "]).flat());
  if (found.flows.length) fates.querySelector("figure").after(pictureButtons(fates, "fates"));
  map.querySelector("figure").after(pictureButtons(map, "corridor"));
  return [
    el("p", { class: "soft", id: "grain" }, `${seeds} replicates, ${scale.toLocaleString("en-US")} persons per agent` + (told.state === "refining" ? "; a finer run is under way and will replace these numbers." : ".")),
    numberCards(found), el("p", { class: "note" }, "A scenario under stated policies, not a forecast. An encounter is an event: one person can be encountered several times. Intervals cover chance and fitted parameters, not the model's form."),
    el("h2", {}, "Who fares differently, and instead of what"), fates,
    el("h2", {}, "Follow one person"), personSection(told, state), el("h2", {}, "The corridor, month by month"), map, el("h2", {}, "Against the record and the reference"), chartsSection(found),
    el("h2", {}, "Queues"), queuesTable(found), el("h2", {}, "All measures"), changesTable(found), files,
  ];
}
