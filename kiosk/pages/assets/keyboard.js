// The kiosk's own keyboard: the system's would remember earlier customers' names. It writes into fields with data-keyboard:
// "" begins with pinyin on a Chinese page and with letters on another, "latin" has letters, digits and @ . - _ only.
"use strict";

(() => {
  const region = document.getElementById("keyboard");
  const fields = document.querySelectorAll("[data-keyboard]");
  if (!region || !fields.length || !window.SimpleKeyboard) {
    return;
  }
  const words = region.dataset;
  const letters = ["q w e r t y u i o p", "a s d f g h j k l", "{shift} z x c v b n m {delete}"];
  const capitals = letters.map((row) => row.replace(/\b[a-z]\b/g, (letter) => letter.toUpperCase()));
  const [digits, free] = ["1 2 3 4 5 6 7 8 9 0", "{pinyin} {digits} ' - · {space} {done}"];
  const layout = {
    pinyin: [...letters, "{latin} {digits} · {space} ， 。 {done}"].map((row) => row.replace("{shift} ", "")),
    letters: [...letters, free],
    LETTERS: [...capitals, free],
    digits: [digits, "- _ / : ; ( ) @ & '", "， 。 、 ？ . , ? ! {delete}", "{letters} · {space} {done}"],
    plain: [digits, ...letters, "@ . - _ {done}"],
    PLAIN: [digits, ...capitals, "@ . - _ {done}"],
  };

  let field = null; // what is written into
  let mode = "pinyin"; // pinyin, letters or plain; digits are a layer over it
  let isDigits = false;
  let shift = "off"; // off, once, on
  let typed = ""; // pinyin that is not yet a character
  let page = 0;
  let table = null; // syllable → its characters, the likely ones first

  const make = (name, as) => Object.assign(document.createElement(name), as);
  const button = (className, textContent, as) => make("button", { type: "button", className, textContent, ...as });
  const bar = make("div", { className: "bar" });
  const told = make("output", { className: "typed", lang: "zh-CN" });
  const list = make("div", { className: "candidates", lang: "zh-CN", role: "group", ariaLabel: words.candidates });
  const before = button("turn", "‹", { ariaLabel: words.previous });
  const after = button("turn", "›", { ariaLabel: words.next });
  const keys = make("div", { className: "keys" });
  bar.append(told, before, list, after);
  region.append(bar, keys);

  const keyboard = new window.SimpleKeyboard.default(keys, {
    layout,
    layoutName: "pinyin",
    theme: "keys",
    display: Object.fromEntries(Object.entries(words).map(([name, word]) => [`{${name}}`, word])),
    useButtonTag: true,
    onRender: () => keys.querySelectorAll("button").forEach((key) => key.setAttribute("type", "button")),
    disableButtonHold: true,
    // The text is kept in the field alone.
    inputPattern: /^$/,
    onKeyPress: press,
  });

  /** The characters for a syllable or its beginning: those of the syllable, then of all that begin so, in turn. */
  function found(part) {
    const all = new Set(table?.get(part));
    const longer = [...(table ?? [])].filter(([each]) => part && each !== part && each.startsWith(part));
    for (let place = 0; longer.some(([, characters]) => place < characters.length); place += 1) {
      for (const [, characters] of longer) {
        all.add(characters[place]);
      }
    }
    all.delete(undefined);
    return [...all];
  }

  /** Which beginning of some letters is the first syllable: wangzhe → wang, fangan → fang, fangu → fan. */
  function first(letters) {
    const begins = (part) => [...table.keys()].some((each) => each.startsWith(part));
    if (!table || !letters || begins(letters)) {
      return letters;
    }
    const parts = [...letters].map((_, place) => letters.slice(0, letters.length - place));
    const fits = (part) => table.has(part) && (part === letters || first(letters.slice(part.length)));
    return parts.find(fits) ?? parts.find(begins) ?? "";
  }

  /** The typed pinyin and the characters for it, as many as there is room for. */
  function showCandidates() {
    bar.hidden = mode !== "pinyin";
    const part = first(typed);
    const all = found(part);
    const laid = getComputedStyle(list);
    const tracks = (of) => Math.max(1, laid[of].split(" ").length);
    const room = bar.hidden ? 1 : tracks("gridTemplateColumns") * tracks("gridTemplateRows");
    const last = Math.max(0, Math.ceil(all.length / room) - 1);
    page = Math.min(Math.max(page, 0), last);
    told.textContent = typed && table?.size && !all.length ? `${typed} · ${words.none}` : typed || words.hint;
    told.classList.toggle("empty", !typed);
    before.disabled = page === 0;
    after.disabled = page === last;
    const shown = all.slice(page * room, (page + 1) * room).map((character) => {
      const candidate = button("candidate", character);
      candidate.addEventListener("click", () => choose(character, part));
      return candidate;
    });
    list.replaceChildren(...shown);
  }

  function choose(character, part) {
    write(character);
    typed = typed.slice(part.length);
    page = 0;
    field.focus({ preventScroll: true });
    showCandidates();
  }

  /** Puts the caret; a field for an e-mail address has none that a script may see. */
  function put(where, caret) {
    if (where.selectionStart !== null) {
      where.setSelectionRange(caret, caret);
    }
  }

  /** Puts text where the caret is, in place of what is selected; or takes away the character before it. */
  function write(text, isDelete = false) {
    const whole = field.value.length;
    const [start, end] = [field.selectionStart ?? whole, field.selectionEnd ?? whole];
    let head = field.value.slice(0, start);
    if (isDelete && start === end) {
      head = [...head].slice(0, -1).join("");
    }
    const value = head + text + field.value.slice(end);
    if (field.readOnly || (!isDelete && field.maxLength >= 0 && value.length > field.maxLength)) {
      return;
    }
    field.value = value;
    const caret = head.length + text.length;
    put(field, caret);
    if (caret === value.length) {
      field.scrollLeft = field.scrollWidth;
      field.scrollTop = field.scrollHeight;
    }
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  function press(key) {
    field.focus({ preventScroll: true });
    if (key === "{delete}" && typed) {
      typed = typed.slice(0, -1);
    } else if (key === "{delete}") {
      write("", true);
    } else if (key === "{done}") {
      region.hidden = true;
    } else if (key === "{shift}") {
      shift = { off: "once", once: "on", on: "off" }[shift];
    } else if (key === "{digits}" || key === "{letters}") {
      isDigits = key === "{digits}";
    } else if (key === "{latin}" || key === "{pinyin}") {
      // Whoever typed letters and meant letters has them.
      write(typed);
      typed = "";
      mode = key === "{latin}" ? "letters" : "pinyin";
    } else if (mode === "pinyin" && !isDigits && /^[a-z]$/.test(key)) {
      typed = (typed + key).slice(0, 40);
    } else if (typed && key === "{space}") {
      list.firstElementChild?.click();
    } else {
      write(key === "{space}" ? " " : key);
      shift = shift === "once" ? "off" : shift;
    }
    page = 0;
    show();
  }

  /** The keys of what is wanted now, and the candidates. */
  function show() {
    const wanted = mode !== "pinyin" && shift !== "off" ? mode.toUpperCase() : mode;
    const value = { off: "false", once: "mixed", on: "true" }[shift];
    const buttonAttributes = [{ attribute: "aria-pressed", value, buttons: "{shift}" }];
    keyboard.setOptions({ layoutName: isDigits ? "digits" : wanted, buttonAttributes });
    if (mode === "pinyin" && !table) {
      fetchTable();
    }
    showCandidates();
  }

  async function fetchTable() {
    table = new Map();
    try {
      const answer = await fetch("/assets/pinyin.txt");
      const lines = (await answer.text()).trimEnd().split("\n").map((line) => line.split(" "));
      table = new Map(lines.map(([syllable, characters]) => [syllable, [...characters]]));
    } catch {
      // Letters can still be written; the next key asks again.
      table = null;
    }
    showCandidates();
  }

  function open(next) {
    if (field === next && !region.hidden) {
      return;
    }
    field = next;
    typed = "";
    isDigits = false;
    mode = document.documentElement.lang.startsWith("zh") ? "pinyin" : "letters";
    mode = field.dataset.keyboard === "latin" ? "plain" : mode;
    shift = mode === "letters" && !field.value ? "once" : "off";
    region.hidden = false;
    (field.closest(".field") ?? field).after(region);
    show();
    for (const each of [region, field]) {
      each.scrollIntoView({ block: "nearest" });
    }
  }

  for (const each of fields) {
    each.addEventListener("focus", () => {
      put(each, each.value.length);
      open(each);
    });
    each.addEventListener("click", () => open(each));
    // The focus comes after the page is shown; keys that came with it would push away what somebody is about to press.
    if (each === document.activeElement || each.autofocus) {
      open(each);
    }
  }
  // Another field has its own keys.
  document.addEventListener("focusin", (event) => {
    const other = "input:not([type=radio], [type=checkbox]), textarea, select";
    if (event.target.matches(other) && !("keyboard" in event.target.dataset)) {
      region.hidden = true;
    }
  });
  for (const kind of ["pointerdown", "mousedown"]) {
    region.addEventListener(kind, (event) => event.preventDefault());
  }
  // A key that is pressed from a keyboard or by an aid has no pointer; it keeps the focus.
  keys.addEventListener("click", (event) => {
    const key = event.target.closest("button")?.dataset.skbtn;
    if (key && event.detail === 0) {
      press(key);
      const same = [...keys.querySelectorAll("button")].find((each) => each.dataset.skbtn === key);
      same?.focus({ preventScroll: true });
    }
  });
  for (const [turn, step] of [[before, -1], [after, 1]]) {
    turn.addEventListener("click", () => {
      page += step;
      showCandidates();
    });
  }
  window.addEventListener("resize", () => region.hidden || showCandidates());
  window.addEventListener("pagehide", () => region.remove());
})();
