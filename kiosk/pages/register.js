// The plain page: reads the notice, shows all of it before the first field, registers a member, shows the card.
// Nothing is stored: no cookie, no storage. What was typed is in the form until it is sent or left, and nowhere else.
"use strict";

(() => {
  const lang = document.documentElement.lang === "en" ? "en" : "zh-CN";
  const CARD_SHOWN_MILLIS = 30_000;
  const words = {
    "zh-CN": {
      name: "请填写姓名。",
      mobile: "请填写手机号。",
      pin: "请设置密码。",
      pinAgain: "两次输入的密码不一致。",
      age: "须年满 18 周岁才能加入。",
      agreement: "同意会员协议才能加入。",
      noAnswer: "没有收到答复。请再按一次“提交”；同一份资料不会重复登记。",
      refused: "未能登记，请稍后再试，或请店员帮忙。",
      optional: "（可不选）",
    },
    en: {
      name: "Please enter your name.",
      mobile: "Please enter your mobile number.",
      pin: "Please choose a PIN.",
      pinAgain: "The two PINs differ.",
      age: "Members must be 18 or older.",
      agreement: "Joining needs your agreement.",
      noAnswer: "There was no answer. Please press Join once more; the same details are never registered twice.",
      refused: "That did not work. Please try again later or ask our staff.",
      optional: " (optional)",
    },
  }[lang];

  /** Which field a refusal is about, by its code. */
  const fieldOfCode = {
    bad_name: "name",
    bad_mobile: "mobile",
    pin_shape: "pin",
    pin_common: "pin",
  };
  const fields = ["name", "mobile", "pin", "pin-again", "age", "agreement"];
  const steps = ["waiting", "unavailable", "step-notice", "step-form", "step-card"];

  const at = (id) => document.getElementById(id);
  const form = at("form");

  /** The notice that is shown, as the server gave it. */
  let notice = null;
  /** The last command that was sent: its text and its key. The same text is sent again under the same key. */
  let sent = null;
  let isSending = false;
  let closing = 0;

  function show(step) {
    for (const id of steps) {
      at(id).hidden = id !== step;
    }
    window.scrollTo(0, 0);
    const title = at(step).querySelector("h1");
    if (title) {
      title.focus();
    }
  }

  /** A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then chance. */
  function uuidV7() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    let millis = Date.now();
    for (let place = 5; place >= 0; place -= 1) {
      bytes[place] = millis % 256;
      millis = Math.floor(millis / 256);
    }
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  function showNotice() {
    at("notice").replaceChildren(
      ...notice.sections.map(({ title, text }) => {
        const section = document.createElement("section");
        section.append(element("h2", title), element("div", text));
        return section;
      }),
    );
    at("notice-version").textContent = notice.version;
    at("agreement-text").textContent = notice.agreement.text;
    at("advice").textContent = notice.advice || "";
    at("consents").replaceChildren(
      ...notice.consents.map(({ text }, place) => {
        const row = document.createElement("div");
        row.className = "tick";
        const box = document.createElement("input");
        box.type = "checkbox";
        box.id = `consent-${place}`;
        const label = element("label", text + words.optional);
        label.htmlFor = box.id;
        row.append(box, label);
        return row;
      }),
    );
    at("consents-field").hidden = notice.consents.length === 0;
  }

  /** Back to the start, with nothing left of whoever was here. */
  async function begin() {
    clearTimeout(closing);
    sent = null;
    notice = null;
    form.reset();
    clearErrors();
    at("card").textContent = "";
    at("pending").hidden = true;
    show("waiting");
    try {
      const answer = await fetch(`/kiosk/v1/notice?lang=${lang}`, { cache: "no-store" });
      if (!answer.ok) {
        throw new Error("refused");
      }
      notice = await answer.json();
      showNotice();
      show("step-notice");
    } catch {
      notice = null;
      show("unavailable");
    }
  }

  function clearErrors() {
    for (const id of fields) {
      tellBeside(id, "");
    }
    at("form-error").textContent = "";
  }

  function tellBeside(id, text) {
    at(`${id}-error`).textContent = text;
    if (text) {
      at(id).setAttribute("aria-invalid", "true");
    } else {
      at(id).removeAttribute("aria-invalid");
    }
  }

  /** What can be seen to be missing without asking; the first such field gets the focus. */
  function isComplete() {
    const missing = [
      ["name", !at("name").value.trim(), words.name],
      ["mobile", !at("mobile").value.trim(), words.mobile],
      ["pin", !at("pin").value, words.pin],
      ["pin-again", at("pin-again").value !== at("pin").value, words.pinAgain],
      ["age", !at("age").checked, words.age],
      ["agreement", !at("agreement").checked, words.agreement],
    ].filter(([, isMissing]) => isMissing);
    for (const [id, , text] of missing) {
      tellBeside(id, text);
    }
    if (missing.length > 0) {
      at(missing[0][0]).focus();
    }
    return missing.length === 0;
  }

  function command() {
    return JSON.stringify({
      language: lang,
      name: at("name").value.trim(),
      mobile: at("mobile").value.trim(),
      pin: at("pin").value,
      age_attested: at("age").checked,
      agreement: { kind: notice.agreement.kind, version: notice.agreement.version },
      notice_version: notice.version,
      consents: notice.consents.map(({ purpose }, place) => ({
        purpose,
        given: at(`consent-${place}`).checked,
      })),
    });
  }

  /** A refusal of the server, beside its field where it has one. What was typed stays. */
  function tellRefusal(refusal) {
    const message = refusal && refusal.message;
    const text = (message && (lang === "en" ? message.en : message.zh)) || words.refused;
    const field = refusal && fieldOfCode[refusal.code];
    if (field) {
      tellBeside(field, text);
      at(field).focus();
    } else {
      at("form-error").textContent = text;
    }
  }

  async function send() {
    const body = command();
    if (!sent || sent.body !== body) {
      sent = { body, key: uuidV7() };
    }
    let answer;
    let said;
    try {
      answer = await fetch("/kiosk/v1/members", {
        method: "POST",
        cache: "no-store",
        headers: { "Content-Type": "application/json", "Idempotency-Key": sent.key },
        body,
      });
      said = await answer.json();
    } catch {
      at("form-error").textContent = words.noAnswer;
      return;
    }
    if (answer.status === 201) {
      sent = null;
      form.reset();
      at("card").textContent = said.grouped || said.card_number;
      at("pending").hidden = said.state !== "pending";
      show("step-card");
      closing = setTimeout(begin, CARD_SHOWN_MILLIS);
    } else {
      tellRefusal(said);
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSending) {
      return;
    }
    clearErrors();
    if (!isComplete()) {
      return;
    }
    isSending = true;
    at("submit").disabled = true;
    try {
      await send();
    } finally {
      isSending = false;
      at("submit").disabled = false;
    }
  });
  at("again").addEventListener("click", begin);
  at("continue").addEventListener("click", () => show("step-form"));
  at("back").addEventListener("click", () => show("step-notice"));
  at("leave").addEventListener("click", begin);
  at("done").addEventListener("click", begin);

  // A page that the browser kept in memory is not shown to the next person.
  window.addEventListener("pagehide", () => form.reset());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.reload();
    }
  });
  begin();
})();
