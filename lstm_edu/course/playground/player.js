// What stands in the page around cells.js: buttons, sliders, bars to drag and curves, all made here, so that without
// scripts there is the picture alone. Several players on one page know nothing of each other.

const KEEPS = {lstm: ["f", "c"], gru: ["z", "h"]}; // the gate that keeps, and what it keeps
const isGate = (letter) => "iforz".includes(letter); // between 0 and 1, the others around zero
const DASHES = ["", "6 2", "2 2", "8 2 2 2"]; // a unit has a colour and a dash
const LEFT = 34, RIGHT = 6, HIGH = 44, PAD = 5; // pixels of a panel; that of the memory is higher

const copy = (value) => JSON.parse(JSON.stringify(value));
const short = (value) => String(Number(value.toFixed(2)));
const minus = (text) => text.replace("-", "\u2212");
const isMark = (row) => row.every((value) => value === 0 || value === 1);

function make(name, attributes, ...children) {
  const drawn = ["svg", "g", "path", "line", "rect", "circle", "text"].includes(name);
  const made = drawn ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// "0.5 -1, 2" or, for marks, "0010": numbers; null where something else stands there.
function numbers(text) {
  const parts = /^[01]{2,}$/.test(text.trim()) ? [...text.trim()] : text.split(/[\s,;]+/).filter((part) => part);
  const values = parts.map((part) => Number(part.replace("\u2212", "-")));
  return values.every(Number.isFinite) ? {parts, values} : null;
}

function written(row) {
  return isMark(row) ? row.join("") : row.map(short).join(" ");
}

// Whether the page behind the player is dark: each host has its own way to say so, but all of them paint.
function isDark(root) {
  for (let node = root.parentElement; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor.match(/^rgba?\((.*)\)/);
    const [red, green, blue, alpha] = colour ? colour[1].split(",").map(Number) : [0, 0, 0, 0];
    if (alpha === undefined || alpha > 0.5) return 0.3 * red + 0.6 * green + 0.1 * blue < 128;
  }
  return false;
}

function start(root) {
  const given = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const {cell, names, blocks, titles} = given, H = given.params.U.length, T = given.x.length;
  let now, first, before, gates, at = T - 1, unit = 0; // `first` and `before`: as the button left it, and its gates

  const parts = {fields: [], bars: [], curves: {}, sliders: {}, weights: []};
  const row = (d) => now.x.map((x_t) => x_t[d]);
  const place = (letter, j = unit) => blocks.indexOf(letter) * H + j;
  const limits = names.map((_, d) => {
    const all = [given, ...given.presets].flatMap(({x}) => x.map((x_t) => x_t[d]));
    return isMark(all) ? [0, 1] : [-Math.max(1, ...all.map(Math.abs)), Math.max(1, ...all.map(Math.abs))];
  });

  // What can be done

  function take(preset) {
    now = copy({params: {...given.params, b: preset.b}, x: preset.x});
    first = copy(now);
    before = run(cell, first.params, first.x);
    at = T - 1;
    redraw();
  }

  function setInput(t, d, value) {
    now.x[t][d] = value;
    at = t;
    redraw();
  }

  function drag(event, d) {
    const box = parts.bars[d].getBoundingClientRect();
    look(event, parts.bars[d]);
    if (!event.buttons) return;
    event.preventDefault();
    const [low, high] = scale(d);
    const share = 1 - (event.clientY - box.top - PAD) / (HIGH - 2 * PAD);
    const value = low + (high - low) * Math.min(1, Math.max(0, share));
    setInput(at, d, limits[d][0] === 0 && isMark(row(d)) ? Number(share > 0.5) : Math.round(value * 20) / 20);
  }

  function look(event, panel) {
    const box = panel.getBoundingClientRect();
    const t = Math.floor((event.clientX - box.left - LEFT) / ((box.width - LEFT - RIGHT) / T));
    at = Math.min(T - 1, Math.max(0, t));
    redraw();
  }

  function type(field, d) {
    const typed = numbers(field.value), shown = written(row(d)).split(isMark(row(d)) ? "" : " ");
    const wrong = typed ? typed.values.length > T && `${typed.values.length} numbers, but there are ${T} steps`
      : "only numbers with spaces between them, or a pattern of 0 and 1";
    field.setAttribute("aria-invalid", Boolean(wrong));
    parts.wrong.textContent = wrong ? `${names[d]}: ${wrong}.` : "";
    if (wrong) return;
    // what was not typed anew keeps the digits that are not shown; steps without a number get 0
    for (let t = 0; t < T; t++) {
      if (typed.parts[t] !== shown[t]) now.x[t][d] = t < typed.values.length ? typed.values[t] : 0;
    }
    redraw();
    field.value = written(row(d));
  }

  // What is drawn

  const scale = (d) => {
    const largest = Math.max(...row(d).map(Math.abs), limits[d][1]);
    return [limits[d][0] === 0 && row(d).every((value) => value >= 0) ? 0 : -largest, largest];
  };

  function paint(panel, [low, high], content) {
    const width = panel.clientWidth || 300, height = Number(panel.getAttribute("height"));
    const each = (width - LEFT - RIGHT) / T;
    const x = (t) => LEFT + (t + 0.5) * each;
    const y = (value) => PAD + (height - 2 * PAD) * (1 - (value - low) / (high - low));
    panel.replaceChildren(
      make("rect", {class: "le-at", x: x(at) - each / 2, width: each, y: 0, height}),
      make("line", {class: "le-axis", x1: LEFT, x2: width - RIGHT, y1: y(0), y2: y(0)}),
      make("text", {x: LEFT - 5, y: y(high) + 7}, minus(short(high))),
      make("text", {x: LEFT - 5, y: y(low) + 2}, minus(short(low))),
      ...content(x, y, each),
    );
  }

  function path(values, x, y, attributes) {
    const line = values.map((value, t) => `${t ? "L" : "M"}${x(t).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    return make("path", {d: line, ...attributes});
  }

  function redraw() {
    gates = run(cell, now.params, now.x);
    Object.assign(root, {gates, played: now}); // for the console, and for the tests
    root.classList.toggle("le-dark", isDark(root));
    root.classList.toggle("le-narrow", root.clientWidth < 560);
    names.forEach((name, d) => {
      const field = parts.fields[d];
      if (document.activeElement !== field) field.value = written(row(d));
      paint(parts.bars[d], scale(d), (x, y, each) => row(d).map((value, t) => make("rect", {
        class: "le-bar", x: x(t) - 0.4 * each, width: 0.8 * each,
        y: Math.min(y(0), y(value)) - 0.5, height: Math.abs(y(value) - y(0)) + 1,
      })));
    });
    for (const [letter, panel] of Object.entries(parts.curves)) {
      const all = [...gates[letter], ...before[letter]].flat();
      const largest = Math.max(1, ...all.map(Math.abs));
      paint(panel, isGate(letter) ? [0, 1] : [-largest, largest], (x, y) => now.params.U.flatMap((_, j) => {
        const values = gates[letter].map((gate) => gate[j]), style = {"stroke-dasharray": DASHES[j]};
        return [
          path(before[letter].map((gate) => gate[j]), x, y, {class: "le-before"}),
          path(values, x, y, {class: `le-unit${j} ${j === unit ? "le-chosen" : ""}`, ...style}),
          make("circle", {class: `le-unit${j}`, cx: x(at), cy: y(values[at]), r: 3}),
        ];
      }));
      const values = gates[letter].map((gate) => gate[unit]);
      panel.setAttribute("aria-label", `${titles[letter]}, unit ${unit}: ${short(values[0])} at step 0, ` +
        `lowest ${short(Math.min(...values))}, highest ${short(Math.max(...values))}, ` +
        `${short(values[T - 1])} at step ${T - 1}`);
    }
    for (const [letter, {slider, value}] of Object.entries(parts.sliders)) {
      const b = now.params.b[place(letter)];
      slider.value = b;
      value.textContent = minus(short(b)) + (isGate(letter) ? `, \u03c3(b) = ${sigmoid(b).toFixed(3)}` : "");
      slider.setAttribute("aria-valuetext", value.textContent);
    }
    for (const {field, matrix, k, letter} of parts.weights) {
      if (document.activeElement !== field) field.value = short(now.params[matrix][k][place(letter)]);
    }
    parts.step.value = at;
    parts.readout.textContent = read();
  }

  // The numbers of a step in words: what the curves show to those who see them.
  function read() {
    const inputs = names.map((name, d) => `${name} ${minus(short(now.x[at][d]))}`).join(", ");
    const letters = Object.keys(gates).map((letter) => `${letter} ${minus(gates[letter][at][unit].toFixed(3))}`);
    let text = `step ${at}: ${inputs}; ${H > 1 ? `unit ${unit}: ` : ""}${letters.join(", ")}.`;
    if (KEEPS[cell]) {
      const [gate, kept] = KEEPS[cell], steps = Math.log(2) / -Math.log(gates[gate][at][unit]);
      text += ` At this ${gate}, half of ${kept} would be left after ${steps < 1e4 ? steps.toFixed(1) : "> 10000"} steps.`;
    }
    return text;
  }

  // What is built once

  const buttons = make("div", {class: "le-buttons"}, ...given.presets.map((preset) =>
    make("button", {type: "button", onclick: () => take(preset)}, preset.name)));

  const chooser = make("label", {class: "le-chooser"}, "unit ", make("select", {
    onchange: (event) => { unit = Number(event.target.value); redraw(); },
  }, ...given.params.U.map((_, j) => make("option", {value: j}, String(j)))));

  const sliders = make("div", {class: "le-sliders"}, ...blocks.map((letter) => {
    const value = make("span", {class: "le-value"});
    const all = [given.params.b, ...given.presets.map((preset) => preset.b)].flat();
    const far = Math.max(8, ...all.map((b) => Math.ceil(Math.abs(b))));
    const slider = make("input", {
      type: "range", min: -far, max: far, step: 0.1,
      oninput: (event) => { now.params.b[place(letter)] = Number(event.target.value); redraw(); },
    });
    parts.sliders[letter] = {slider, value};
    const title = cell === "rnn" ? "bias = " : `bias of the ${titles[letter]} = `;
    return make("label", {}, make("span", {}, title, value), slider);
  }));

  const cellOf = (matrix, k, letter, title) => {
    const field = make("input", {
      type: "number", step: 0.1, "aria-label": `weight from ${title} to ${titles[letter]}`,
      onchange: (event) => {
        const value = event.target.valueAsNumber;
        if (Number.isFinite(value)) now.params[matrix][k][place(letter)] = value;
        redraw();
        event.target.value = short(now.params[matrix][k][place(letter)]);
      },
    });
    parts.weights.push({field, matrix, k, letter});
    return make("td", {}, field);
  };
  const line = (matrix, k, title) => make("tr", {}, make("th", {scope: "row"}, title),
    ...blocks.map((letter) => cellOf(matrix, k, letter, title)));
  const heads = blocks.map((letter) => make("th", {scope: "col"}, `to ${letter}`));
  const weights = make("details", {class: "le-weights"}, make("summary", {}, "weights, as numbers"),
    make("table", {}, make("tr", {}, make("td", {}), ...heads), ...names.map((name, d) => line("W", d, name)),
      ...given.params.U.map((_, k) => line("U", k, H > 1 ? `h of unit ${k}` : "h"))));

  const inputs = names.map((name, d) => {
    const field = make("input", {
      type: "text", spellcheck: "false", autocomplete: "off", "aria-label": `${name}, the numbers of all steps`,
      onchange: (event) => type(event.target, d),
    });
    parts.fields.push(field);
    const bars = make("svg", {class: "le-bars", height: HIGH, "aria-hidden": "true"}); // the field says the same
    bars.addEventListener("pointerdown", (event) => { bars.setPointerCapture(event.pointerId); drag(event, d); });
    bars.addEventListener("pointermove", (event) => drag(event, d));
    parts.bars.push(bars);
    return make("div", {class: "le-panel"}, make("label", {}, make("span", {}, name), field), bars);
  });

  const letters = Object.keys(run(cell, given.params, given.x)), memory = letters.includes("c") ? "c" : "h";
  const curves = letters.map((letter) => {
    const panel = make("svg", {height: letter === memory ? 2 * HIGH : HIGH, role: "img"});
    panel.addEventListener("pointermove", (event) => look(event, panel));
    panel.addEventListener("pointerdown", (event) => look(event, panel));
    parts.curves[letter] = panel;
    return make("div", {class: "le-panel"}, make("span", {class: "le-name"}, titles[letter]), panel);
  });

  parts.wrong = make("p", {class: "le-wrong", role: "alert"});
  parts.readout = make("output", {"aria-live": "polite"});
  parts.step = make("input", {
    type: "range", min: 0, max: T - 1, step: 1, "aria-label": "the step whose numbers are shown",
    class: "le-step", style: `margin-left: ${LEFT}px; width: calc(100% - ${LEFT + RIGHT}px)`,
    oninput: (event) => { at = Number(event.target.value); redraw(); },
  });

  const hint = "Drag the bars, or type numbers or a pattern such as 0010. Dotted: as the last button left it.";
  root.append(make("div", {class: "le-player", role: "group", "aria-label": given.title},
    buttons, ...(H > 1 ? [chooser] : []), sliders, weights, make("p", {class: "le-hint"}, hint), ...inputs, parts.wrong,
    ...curves, make("div", {class: "le-panel"}, make("span", {class: "le-name"}, "time step"), parts.step),
    make("p", {class: "le-readout"}, parts.readout)));
  for (const control of root.querySelectorAll("input, select, button, summary")) {
    control.setAttribute("data-lm-suppress-shortcuts", "true"); // or arrows and letters would act on Jupyter's cells
  }
  take(given.presets[0]);
  root.querySelector(".le-picture").hidden = true; // only now: where anything failed it is still there
  new ResizeObserver(() => redraw()).observe(root);
  const theme = new MutationObserver(() => root.classList.toggle("le-dark", isDark(root)));
  for (const node of [document.documentElement, document.body]) theme.observe(node, {attributes: true});
}

// Every player that does not run yet, and has not lost its numbers to a host that lets no scripts through.
for (const root of document.querySelectorAll(".lstm-edu-play")) {
  if (root.gates || !root.querySelector("script[type='application/json']")) continue;
  for (const old of root.querySelectorAll(".le-player")) old.remove(); // dead, in a page saved from a browser
  start(root);
}
