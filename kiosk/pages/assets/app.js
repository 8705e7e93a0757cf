// What pages do by themselves: end an idle visit, put digits into a field, group a number, close a page that was shown long
// enough, print. Nothing is stored, and no page needs it to be read or sent.
"use strict";

(() => {
  const body = document.body;
  const isVisit = "visit" in body.dataset;
  const number = (name) => Number(body.dataset[name]);

  /** The visit is over: the server ends it and the browser keeps nothing of it; Back does not lead here again. */
  async function finish() {
    body.hidden = true;
    body.replaceChildren();
    try {
      await fetch("/finish", { method: "POST", redirect: "manual", keepalive: true });
    } finally {
      location.replace("/");
    }
  }

  // A page that the browser kept is not shown to the next person: it is asked for again, and the server says what is so.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      body.hidden = true;
      location.reload();
    }
  });
  window.addEventListener("pagehide", () => {
    for (const form of document.forms) {
      form.reset();
    }
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.addEventListener("click", () => window.print());
  }
  document.querySelector("[data-focus]")?.focus();

  // A form is sent once, however often its button is pressed.
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
      }
      form.dataset.sent = "yes";
    });
  }

  /** Idle: a minute without a touch, then a count with a sound, then the end. Only the button stops the count. */
  function watch() {
    const dialog = document.getElementById("idle");
    const text = document.getElementById("idle-text");
    const idle = number("idle") * 1000;
    const count = number("count") * 1000;
    let touched = performance.now();
    let extended = touched;
    let told = touched;
    let countsSince = null;

    const touch = () => {
      touched = performance.now();
    };
    for (const kind of ["pointerdown", "keydown", "scroll"]) {
      window.addEventListener(kind, touch, { capture: true, passive: true });
    }

    function beep() {
      try {
        const sound = new AudioContext();
        const tone = sound.createOscillator();
        const volume = sound.createGain();
        volume.gain.value = 0.1;
        tone.frequency.value = 880;
        tone.connect(volume).connect(sound.destination);
        tone.start();
        tone.stop(sound.currentTime + 0.25);
        tone.addEventListener("ended", () => sound.close());
      } catch {
        // A screen without a loudspeaker counts in silence.
      }
    }

    async function stay() {
      const answer = await fetch("/stay", { method: "POST" }).catch(() => null);
      if (!answer?.ok) {
        finish();
        return;
      }
      touched = extended = told = performance.now();
      countsSince = null;
      dialog.close();
    }
    document.getElementById("stay").addEventListener("click", stay);
    dialog.addEventListener("cancel", (event) => event.preventDefault());

    setInterval(async () => {
      const now = performance.now();
      if (countsSince !== null) {
        const left = Math.ceil((countsSince + count - now) / 1000);
        text.textContent = text.dataset.words.replace("{}", String(Math.max(left, 0)));
        if (left <= 0) {
          finish();
        }
        return;
      }
      const isIdle = now - touched >= idle;
      const isLong = now - extended >= number("whole") * 1000 - count;
      if (isIdle || isLong) {
        countsSince = now;
        text.textContent = text.dataset.words.replace("{}", String(count / 1000));
        dialog.showModal();
        beep();
      } else if (touched > told && now - told > 15_000) {
        // Somebody types for longer than the server would wait.
        told = now;
        const answer = await fetch("/here", { method: "POST" }).catch(() => null);
        if (answer && !answer.ok) {
          finish();
        }
      }
    }, 250);
  }
  if (isVisit) {
    watch();
  }

  /** A page that closes by itself. */
  if ("closes" in body.dataset) {
    const until = performance.now() + number("closes") * 1000;
    const text = document.querySelector("[data-closes-text]");
    setInterval(() => {
      const left = Math.ceil((until - performance.now()) / 1000);
      text.textContent = text.dataset.closesText.replace("{}", String(Math.max(left, 0)));
      if (left <= 0) {
        finish();
      }
    }, 250);
  }

  /** A scanner types a card's digits and Enter: the next field is what it means, not that the form is done. */
  for (const field of document.querySelectorAll("[data-then]")) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        document.getElementById(field.dataset.then).focus();
      }
    });
  }

  /** A code that is good for half a minute: the next one is put in its place. The page is not touched by that. */
  for (const place of document.querySelectorAll("[data-renew]")) {
    setInterval(async () => {
      const answer = await fetch(place.dataset.renew, { redirect: "error" }).catch(() => null);
      if (!answer?.ok) {
        place.replaceChildren();
        return;
      }
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...next.body.childNodes);
    }, Number(place.dataset.renewSeconds) * 1000);
  }

  /** Digits in groups: 138 0013 8000. */
  function group(field) {
    const sizes = field.dataset.group?.split(" ").map(Number);
    const plain = field.value.replace(/ /g, "");
    if (!sizes || !/^\d*$/.test(plain)) {
      return;
    }
    const parts = [];
    let from = 0;
    for (const size of [...sizes, plain.length]) {
      parts.push(plain.slice(from, from + size));
      from += size;
    }
    field.value = parts.filter((part) => part).join(" ");
  }
  for (const field of document.querySelectorAll("[data-group]")) {
    field.addEventListener("input", () => group(field));
    group(field);
  }

  /** A keypad writes into the field of its form that has the focus, or had it last. */
  for (const keypad of document.querySelectorAll("[data-keypad-of]")) {
    const fields = keypad.dataset.keypadOf.split(" ").map((id) => document.getElementById(id));
    let field = fields[0];
    for (const each of fields) {
      each.addEventListener("focus", () => {
        field = each;
      });
    }
    keypad.hidden = false;
    keypad.addEventListener("pointerdown", (event) => event.preventDefault());
    keypad.addEventListener("click", (event) => {
      const key = event.target.closest("[data-key]")?.dataset.key;
      if (!key) {
        return;
      }
      if (key === "clear") {
        field.value = "";
      } else if (key === "delete") {
        field.value = field.value.trimEnd().slice(0, -1);
      } else if (field.value.length < field.maxLength) {
        field.value += key;
      }
      field.dispatchEvent(new Event("input", { bubbles: true }));
      const next = fields[fields.indexOf(field) + 1];
      if (next && field.value.length === Number(field.dataset.length)) {
        field = next;
        next.focus({ preventScroll: true });
      }
    });
  }
})();
