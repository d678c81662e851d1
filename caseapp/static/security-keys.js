/* Security keys and passkeys: the one thing of signing in that a page cannot do by itself. A form with data-key asks the
   server for a question, hands it to the key, and sends the answer as its field `answer`. Where there is no script, or
   no such thing in this browser, the page says what to use instead. */
"use strict";
(function () {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const WORDS = {
    NotAllowedError: "No key answered in time, or it was stopped. Try once more when you have it at hand.",
    InvalidStateError: "This key is known here already.",
    SecurityError: "A key works only under the address that everybody uses for this site. Open it there.",
    other: "That did not work with this key. Try once more, or use another way.",
    gone: "This page was open for too long. Load it again.",
  };

  function options(said) {
    const made = { ...said, challenge: bytes(said.challenge) };
    if (said.user) made.user = { ...said.user, id: bytes(said.user.id) };
    for (const list of ["excludeCredentials", "allowCredentials"])
      if (said[list]) made[list] = said[list].map((one) => ({ ...one, id: bytes(one.id) }));
    return made;
  }

  function written(credential) {
    const response = { clientDataJSON: text(credential.response.clientDataJSON) };
    if (credential.response.attestationObject) {
      response.attestationObject = text(credential.response.attestationObject);
      response.transports = credential.response.getTransports ? credential.response.getTransports() : [];
    } else {
      response.authenticatorData = text(credential.response.authenticatorData);
      response.signature = text(credential.response.signature);
      if (credential.response.userHandle) response.userHandle = text(credential.response.userHandle);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment || null,
      clientExtensionResults: {},
      response,
    });
  }

  async function ask(form) {
    const answer = await fetch(form.dataset.key, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
      credentials: "same-origin",
    });
    if (answer.status === 401) {
      location.reload();
      return null;
    }
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(), { said: said.say || WORDS.gone });
    const publicKey = options(said);
    return publicKey.user ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey });
  }

  for (const form of document.querySelectorAll("form[data-key]")) {
    const button = form.querySelector("[data-key-button]");
    const place = form.querySelector("[data-key-said]");
    const without = form.querySelector("[data-key-without]");
    if (!window.PublicKeyCredential || !navigator.credentials) {
      without.textContent = "This browser cannot use security keys. Use another way, or another browser.";
      continue;
    }
    button.hidden = false;
    without.hidden = true;
    const say = (words) => {
      place.textContent = words;
    };
    async function begin(event) {
      event.preventDefault();
      if (form.dataset.keyNeeds && !form.elements[form.dataset.keyNeeds].value.trim()) {
        form.submit(); /* the server says what is missing */
        return;
      }
      button.disabled = true;
      say("Touch your key, or follow what your browser asks.");
      try {
        const credential = await ask(form);
        if (credential) {
          form.elements.answer.value = written(credential);
          form.submit();
          return;
        }
      } catch (error) {
        say(error.said || WORDS[error.name] || WORDS.other);
      }
      button.disabled = false;
    }
    button.addEventListener("click", begin);
    if (form.dataset.keyNeeds) form.addEventListener("submit", begin);
  }
})();
