/* The live page: choose a scenario, move levers, see the answer. The state is in the address: #live/{...}. */
"use strict";
const LIVE = DATA.live.scenarios;
const RESTING = 250;
const live = { job: null, timer: null, shown: null, told: null, ran: null };

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
    return [{ scenario: scenario.name, changes, exclude: (given.exclude || []).filter((x) => typeof x === "string").slice(0, 50), ...(/^\d{1,20}$/.test(given.person) ? { person: given.person } : {}) }, null];
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
      const slider = el("input", { type: "range", min: String(t.low), max: String(top), step: String(top / 100), value: String(now), id: key + "-slider", "aria-label": t.name.replace(/_/g, " ") + ", slider" });
      slider.addEventListener("input", () => { number.value = String(Number(Number(slider.value).toPrecision(3))); });
      number.addEventListener("input", () => { slider.value = number.value; });
      /* Let go of a slider and it is set; with arrow keys, once they rest. */
      let rest = null;
      slider.addEventListener("change", () => { clearTimeout(rest); rest = setTimeout(() => { if (slider.isConnected) set(number.value); }, RESTING); });
      number.addEventListener("keydown", (e) => { if (e.key === "Enter") set(number.value); });
      const set = (value) => { if (value === "" || !isFinite(Number(value))) { news.replaceChildren(el("p", { class: "note" }, "Enter a number.")); return; } go(key, Number(value)); };
      return el("div", { class: "term" }, el("label", { for: key }, `${t.name.replace(/_/g, " ")} (${t.unit})`), number, slider,
        el("button", { type: "button", id: key + "-set", "aria-label": "Set " + t.name.replace(/_/g, " "), onclick: () => set(number.value) }, "Set"), " ",
        el("button", { type: "button", id: key + "-double", "aria-label": "Double " + t.name.replace(/_/g, " "), class: "quiet", onclick: () => go(key, t.double) }, "Double"),
        el("span", { class: "soft small", id: key + "-told" }, ` now ${t.value}${t.steps > 1 ? `, the last of ${t.steps} dated values (a number here replaces them all)` : ""}; ${t.evidence}${t.range ? `, range ${t.range[0]} to ${t.range[1]}` : ""}`));
    });
    const day = (which, text) => {
      const key = `instrument.${lever.id}.${which}`, changed = state.changes[key], field = el("input", { type: "date", value: typeof changed === "string" ? changed : lever[which], id: which });
      return el("div", { class: "term" }, el("label", { for: which }, text), field, el("button", { type: "button", id: which + "-set", "aria-label": "Set " + text, onclick: () => { if (field.value) go(key, field.value); } }, "Set"));
    };
    const known = DATA.levers.find((l) => l.id === lever.id);
    const news = el("div", { "aria-live": "polite" });
    const off = state.exclude.includes(lever.id);
    inner.replaceChildren(...[
      el("p", { class: "soft small" }, known && known.document ? `A commitment of the Declaration, in its document of ${known.document}. ` : "", `In force from ${lever.start}${lever.end ? " to " + lever.end : ""}.`), known ? card(known, false) : "",
      rows.length ? rows : el("p", { class: "soft" }, "Its terms differ by nationality; they can be changed on the command line."),
      day("start", "first day"), day("end", "no longer in force from"),
      el("div", { class: "term" }, el("button", { type: "button", id: "out", class: "quiet", onclick: () => { location.hash = addressOf({ ...state, exclude: off ? state.exclude.filter((x) => x !== lever.id) : [...state.exclude, lever.id] }); } }, off ? "Put it back" : "Leave it out"), el("span", { class: "soft small" }, off ? "left out of the scenario" : "off, in the scenario; the reference keeps it where it has it")), news].flat());
  };
  choice.addEventListener("change", show);
  const last = Object.keys(state.changes).pop();
  if (last && scenario.levers.some((l) => l.id === last.split(".")[1])) choice.value = last.split(".")[1];
  else if (scenario.levers.some((l) => l.id === "panama_removal_program")) choice.value = "panama_removal_program";
  show();
  return [el("div", {}, el("label", { for: "lever" }, "Lever"), choice), inner];
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
  const request = { scenario: state.scenario, changes: state.changes, exclude: state.exclude, ...(scenario.own ? { reference: scenario.name } : {}) };
  const mine = JSON.stringify(request), held = live.told && live.told.found.name === scenario.name, stale = held && live.ran !== mine;
  const failed = (error) => { status.replaceChildren(el("p", { class: "note", id: "error" }, error.message)); run.disabled = false; stop.hidden = true; };
  const show = (told) => {
    const mark = told.found && JSON.stringify([told.id, told.grain, told.state]);
    if (!told.found || mark === live.shown) return;
    live.shown = mark; live.told = told;
    result.replaceChildren(...resultOf(told, state).flat(9).filter((x) => x !== null && x !== undefined));
  };
  const follow = async (id) => {
    let told;
    try { told = await call("/api/runs/" + id); } catch (error) { failed(error); return; }
    if (live.job !== id || !status.isConnected) return;
    const words = { quick: "Running", refining: "Refining", done: "Done", stopped: "Stopped", failed: "" };
    const busy = told.state === "quick" || told.state === "refining";
    const bar = told.state === "quick" ? el("progress", { max: "1", value: String(told.share || 0), "aria-label": "share of the first answer that is done" }) : null;
    status.replaceChildren(told.error ? el("p", { class: "note", id: "error" }, told.error) : el("p", { class: "soft" }, `${words[told.state]}${busy ? ", " + Math.round(told.gone) + " s" : ""}${told.first_answer ? `; first answer after ${told.first_answer} s` : ""}. `, bar || ""));
    show(told);
    stop.hidden = !busy; run.disabled = told.state === "quick";
    if (busy) live.timer = setTimeout(() => follow(id), told.state === "quick" ? 150 : 1000);
  };
  const halt = async (id) => { try { await call(`/api/runs/${id}/stop`, {}); } catch (error) { failed(error); } };
  const begin = async () => {
    const before = live.job;
    run.disabled = true; status.replaceChildren(el("p", { class: "soft" }, "Starting."));
    try {
      if (before) await call(`/api/runs/${before}/stop`, {}).catch(() => null);
      const told = await call("/api/runs", request);
      live.job = told.id; live.shown = null; live.ran = mine;
      follow(told.id);
    } catch (error) { failed(error); }
  };
  stop.addEventListener("click", () => { if (live.job) halt(live.job); });
  run.addEventListener("click", begin);
  if (held) {
    result.replaceChildren(...[stale ? el("p", { class: "note" }, "These numbers are of the settings before your last change.") : null, ...resultOf(live.told, state)].flat(9).filter((x) => x !== null && x !== undefined));
    if (stale) setTimeout(begin, 0); else if (live.job) { live.shown = null; setTimeout(() => follow(live.job), 0); }
  }
  const changed = [...Object.entries(state.changes).map(([key, value]) => [changeText(key, value), () => { const rest = { ...state.changes }; delete rest[key]; location.hash = addressOf({ ...state, changes: rest }); }]),
    ...state.exclude.map((id) => [`left out: ${(DATA.levers.find((l) => l.id === id) || { title: id }).title}`, () => { location.hash = addressOf({ ...state, exclude: state.exclude.filter((x) => x !== id) }); }])];
  return [
    el("h1", {}, "Move a lever"), wrong ? el("p", { class: "note" }, wrong) : null,
    el("div", { class: "controls" }, el("div", {}, el("label", { for: "scenario" }, "Scenario"), choice)),
    el("p", { class: "question" }, scenario.question), el("p", { class: "soft" }, `${scenario.start} to ${scenario.end}, compared with ${scenario.own ? "itself as it is: only what you change makes a difference" : "“" + (LIVE.find((s) => s.name === scenario.reference) || { title: scenario.reference }).title + "”"}. The first run takes a minute or more; after it, a change is answered without asking, within seconds if it concerns the last months.`),
    leverForm(scenario, state),
    el("h2", {}, "What you changed"), changed.length ? el("ul", { id: "changed" }, changed.map(([words, undo]) => el("li", {}, words, " ", el("button", { type: "button", class: "quiet", onclick: undo, "aria-label": "undo: " + words }, "undo")))) : el("p", { class: "soft" }, "Nothing yet: the scenario as it is."),
    el("p", {}, run, " ", stop), status, result,
  ];
}
PAGES.live = live_page;
if (!location.hash) history.replaceState(null, "", "#live");
safely();
