/* The live page: choose a scenario, move levers, see the answer. The state is in the address: #live/{...}. */
"use strict";
const LIVE = DATA.live.scenarios;
const live = { job: null, timer: null, shown: null };

async function call(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json", "X-Ladsim-Token": DATA.token }, body: JSON.stringify(body) };
  let answer;
  try { answer = await fetch(path, options); } catch (error) { throw new Error("The server does not answer. Is it still running?"); }
  const told = await answer.json().catch(() => ({ error: "The server's answer cannot be read." }));
  if (!answer.ok) throw new Error(told.error || "This did not work.");
  return told;
}

function stateOf(text) {
  const plain = { scenario: "panama_removal", changes: {}, exclude: [] };
  if (!text) return [plain, null];
  try {
    const given = JSON.parse(text);
    const scenario = LIVE.find((s) => s.name === given.scenario);
    if (!scenario) return [plain, "The address names no scenario that is here; this is the usual one."];
    const changes = {};
    for (const [key, value] of Object.entries(given.changes || {})) if (/^[\w.]{1,200}$/.test(key)) changes[key] = value;
    return [{ scenario: scenario.name, changes, exclude: (given.exclude || []).filter((x) => typeof x === "string").slice(0, 50) }, null];
  } catch (error) { return [plain, "The address holds no state that can be read; this is the usual scenario."]; }
}
const addressOf = (state) => "live/" + encodeURIComponent(JSON.stringify(state));

function changeText(key, value) {
  const [, id, ...rest] = key.split(".");
  const lever = DATA.levers.find((l) => l.id === id);
  return `${lever ? lever.title : id}: ${rest.join(" ").replace(/^terms /, "").replace(/_/g, " ")} = ${typeof value === "object" ? JSON.stringify(value) : value}`;
}

function leverForm(scenario, state) {
  const choice = el("select", { id: "lever" }, scenario.levers.map((l) => el("option", { value: l.id }, l.title)));
  const inner = el("div", {});
  const go = (key, value) => { location.hash = addressOf({ ...state, changes: { ...state.changes, [key]: value } }); };
  const show = () => {
    const lever = scenario.levers.find((l) => l.id === choice.value) || scenario.levers[0];
    if (!lever) { inner.replaceChildren(el("p", {}, "No lever acts here.")); return; }
    const rows = lever.terms.filter((t) => t.value !== null).map((t) => {
      const key = `instrument.${lever.id}.terms.${t.name}`;
      const now = typeof state.changes[key] === "number" ? state.changes[key] : t.value;
      const top = t.high !== null && t.high <= 1 ? t.high : Math.max(4 * Math.abs(t.value), t.range ? t.range[1] : 0, 1);
      const number = el("input", { type: "number", step: "any", value: String(now), id: key, "aria-describedby": key + "-told" });
      const slider = el("input", { type: "range", min: String(t.low), max: String(top), step: String(top / 100), value: String(now), "aria-label": t.name.replace(/_/g, " ") + ", slider" });
      slider.addEventListener("input", () => { number.value = String(Number(Number(slider.value).toPrecision(3))); });
      number.addEventListener("input", () => { slider.value = number.value; });
      const set = (value) => { if (value === "" || !isFinite(Number(value))) { news.replaceChildren(el("p", { class: "note" }, "Enter a number.")); return; } go(key, Number(value)); };
      return el("div", { class: "term" }, el("label", { for: key }, `${t.name.replace(/_/g, " ")} (${t.unit})`), number, slider,
        el("button", { type: "button", onclick: () => set(number.value) }, "Set"), " ",
        el("button", { type: "button", class: "quiet", onclick: () => set(t.value * 2) }, "Double"),
        el("span", { class: "soft small", id: key + "-told" }, ` as it is: ${t.value}; ${t.evidence}${t.range ? `, range ${t.range[0]} to ${t.range[1]}` : ""}`));
    });
    const start = el("input", { type: "date", value: lever.start, id: "start" });
    const card = DATA.levers.find((l) => l.id === lever.id);
    const news = el("div", { "aria-live": "polite" });
    const off = state.exclude.includes(lever.id);
    inner.replaceChildren(...[
      el("p", { class: "soft small" }, card && card.document ? `A commitment of the Declaration, listed on ${card.document}. ` : "", `In force from ${lever.start}${lever.end ? " to " + lever.end : ""}. `, el("a", { href: "#levers/" + lever.id }, "Its card: who promised it, sources")),
      rows.length ? rows : el("p", { class: "soft" }, "Its terms differ by nationality; they can be changed on the command line."),
      el("div", { class: "term" }, el("label", { for: "start" }, "first day"), start,
        el("button", { type: "button", onclick: () => { if (start.value) go(`instrument.${lever.id}.start`, start.value); } }, "Set"), " ",
        el("button", { type: "button", class: "quiet", onclick: () => { location.hash = addressOf({ ...state, exclude: off ? state.exclude.filter((x) => x !== lever.id) : [...state.exclude, lever.id] }); } }, off ? "Put it back" : "Leave it out")), news].flat());
  };
  choice.addEventListener("change", show);
  const last = Object.keys(state.changes).pop();
  if (last && scenario.levers.some((l) => l.id === last.split(".")[1])) choice.value = last.split(".")[1];
  else if (scenario.levers.some((l) => l.id === "panama_removal_program")) choice.value = "panama_removal_program";
  show();
  return [el("div", {}, el("label", { for: "lever" }, "Lever"), choice), inner];
}

function download(name, text, kind) {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: kind })), download: name });
  document.body.append(link); link.click(); link.remove();
}
function picture(svg, name, png) {
  const text = new XMLSerializer().serializeToString(svg);
  if (!png) { download(name + ".svg", text, "image/svg+xml"); return; }
  const image = new Image(), box = svg.viewBox.baseVal, canvas = el("canvas", { width: 2 * box.width, height: 2 * box.height });
  image.onload = () => { const c = canvas.getContext("2d"); c.fillStyle = "#fff"; c.fillRect(0, 0, canvas.width, canvas.height); c.drawImage(image, 0, 0, canvas.width, canvas.height); canvas.toBlob((b) => { const a = el("a", { href: URL.createObjectURL(b), download: name + ".png" }); a.click(); }); };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
}

function resultOf(told) {
  const found = told.found, [scale, seeds] = told.grain;
  const figures = charts(found).map((figure, i) => { const svg = figure.querySelector("svg"); figure.append(el("span", { class: "small" }, el("button", { type: "button", class: "quiet", onclick: () => picture(svg, "ladsim-" + (i + 1), false) }, "SVG"), " ", el("button", { type: "button", class: "quiet", onclick: () => picture(svg, "ladsim-" + (i + 1), true) }, "PNG"))); return figure; });
  const files = told.files ? el("p", {}, "Files: ", [["report", "report"], ["summary", "table (CSV)"], ["monthly", "by nationality and place (CSV)"], ["scenario", "scenario (YAML)"]].map(([which, text]) => [el("a", { href: `/api/runs/${told.id}/${which}` }, text), " "])) : null;
  return [
    el("p", { class: "soft", id: "grain" }, `${seeds} replicates, ${scale.toLocaleString("en-US")} persons per agent` + (told.state === "refining" ? "; a finer run is under way." : ".")),
    numberCards(found), el("p", { class: "note" }, "A scenario under stated policies, not a forecast. Intervals cover chance and fitted parameters, not the model's form. Places along the border are not reproduced well enough to be used."),
    el("h2", {}, "Who fares otherwise, and instead of what"), fatesSection(found), el("h2", {}, "Month by month"), figures,
    el("h2", {}, "All measures"), changesTable(found), files,
  ];
}

function live_page(text) {
  clearTimeout(live.timer);
  const [state, wrong] = stateOf(text);
  const scenario = LIVE.find((s) => s.name === state.scenario);
  const choice = el("select", { id: "scenario", onchange: (e) => { location.hash = addressOf({ scenario: e.target.value, changes: {}, exclude: [] }); } },
    LIVE.map((s) => el("option", s === scenario ? { value: s.name, selected: "" } : { value: s.name }, s.title)));
  const status = el("div", { id: "status", role: "status", "aria-live": "polite" }), result = el("div", { id: "result" });
  const stop = el("button", { type: "button", id: "stop", hidden: "" }, "Stop");
  const run = el("button", { type: "button", id: "run" }, "Run");
  const request = { scenario: state.scenario, changes: state.changes, exclude: state.exclude };
  const failed = (error) => { status.replaceChildren(el("p", { class: "note", id: "error" }, error.message)); run.disabled = false; stop.hidden = true; };
  const follow = async (id) => {
    let told;
    try { told = await call("/api/runs/" + id); } catch (error) { failed(error); return; }
    if (live.job !== id) return;
    const words = { quick: "Running", refining: "Refining", done: "Done", stopped: "Stopped", failed: "" };
    status.replaceChildren(told.error ? el("p", { class: "note", id: "error" }, told.error) : el("p", { class: "soft" }, `${words[told.state]}${told.state === "quick" || told.state === "refining" ? ", " + Math.round(told.gone) + " s" : ""}${told.first_answer ? `; first answer after ${told.first_answer} s` : ""}.`));
    const mark = told.found && JSON.stringify([id, told.grain, told.state]);
    if (told.found && mark !== live.shown) { live.shown = mark; result.replaceChildren(...resultOf(told).flat(9).filter((x) => x !== null && x !== undefined)); }
    const busy = told.state === "quick" || told.state === "refining";
    stop.hidden = !busy; run.disabled = told.state === "quick";
    if (busy) live.timer = setTimeout(() => follow(id), 500);
  };
  run.addEventListener("click", async () => {
    run.disabled = true; status.replaceChildren(el("p", { class: "soft" }, "Starting."));
    try { const told = await call("/api/runs", request); live.job = told.id; live.shown = null; stop.onclick = async () => { try { await call(`/api/runs/${told.id}/stop`, {}); } catch (error) { failed(error); } }; follow(told.id); } catch (error) { failed(error); }
  });
  const changed = [...Object.entries(state.changes).map(([key, value]) => [changeText(key, value), () => { const rest = { ...state.changes }; delete rest[key]; location.hash = addressOf({ ...state, changes: rest }); }]),
    ...state.exclude.map((id) => [`left out: ${(DATA.levers.find((l) => l.id === id) || { title: id }).title}`, () => { location.hash = addressOf({ ...state, exclude: state.exclude.filter((x) => x !== id) }); }])];
  return [
    el("h1", {}, "Move a lever"), wrong ? el("p", { class: "note" }, wrong) : null,
    el("div", { class: "controls" }, el("div", {}, el("label", { for: "scenario" }, "Scenario"), choice)),
    el("p", { class: "question" }, scenario.question), el("p", { class: "soft" }, `${scenario.start} to ${scenario.end}, compared with ${scenario.reference}. Changes of the last months are answered in seconds once the reference has been run, the first time in half a minute.`),
    leverForm(scenario, state),
    el("h2", {}, "What you changed"), changed.length ? el("ul", { id: "changed" }, changed.map(([words, undo]) => el("li", {}, words, " ", el("button", { type: "button", class: "quiet", onclick: undo, "aria-label": "undo: " + words }, "undo")))) : el("p", { class: "soft" }, "Nothing yet: the scenario as it is."),
    el("p", {}, run, " ", stop), status, result,
  ];
}
PAGES.live = live_page;
if ((location.hash || "#live").startsWith("#live")) { if (!location.hash) location.hash = "live"; safely(); }
