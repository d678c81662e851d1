/* What plain pages cannot say by themselves. Everything works without this file: it only tells the reader
   when an htmx request went another way, keeps what was typed, and puts the focus where the news is. */
"use strict";
(function () {
  const UNSURE = "We could not confirm that this was saved. Your text is still here. Trying again will not save it twice.";
  const UNREAD = "This could not be fetched. What you see may be out of date: load the page again.";
  const REFUSED = {
    400: "This page was open too long, so what you sent was not accepted and nothing was changed. Your text is still here: copy it, load the page again and send it once more.",
    403: "You may not do this any more, and nothing was changed. Your text is still here.",
    404: "What you were working on is no longer shared with you, and nothing was changed. Your text is still here.",
    413: "That is larger than this system takes. Nothing was changed, and your text is still here.",
    429: "Too many tries in a short time. Your text is still here: wait a little, then try again.",
  };
  const $ = (id) => document.getElementById(id);

  /* A page taken from the browser's memory may belong to somebody who has signed out. */
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  /* The message stands beside the buttons that were pressed; without a form, on top of the page. */
  function trouble(ctx, text) {
    const source = ctx && ctx.sourceElement;
    const form = source && source.isConnected && source.closest("form");
    quiet();
    if (!form) {
      const place = $("trouble");
      place.className = "ca-trouble";
      place.textContent = text;
      place.scrollIntoView({ block: "nearest" });
      return;
    }
    const note = document.createElement("p");
    note.className = "ca-trouble";
    note.setAttribute("role", "alert");
    form.insertBefore(note, [...form.children].find((child) => child.matches(".ca-actions")) || null);
    note.textContent = text;
    note.scrollIntoView({ block: "nearest" });
  }

  function quiet() {
    for (const note of document.querySelectorAll("p.ca-trouble")) note.remove();
    const place = $("trouble");
    place.textContent = "";
    place.className = "";
  }

  const astray = () => !document.activeElement || document.activeElement === document.body;
  const asks = (ctx) => /^get$/i.test(ctx.request.method);

  /* Signed out while writing, or refused with a whole page: send the same form the plain way, and the server's
     own page takes over with everything that was typed. */
  function submitPlainly(ctx) {
    const form = ctx.request.form;
    if (!form) return false;
    const pressed = ctx.request.submitter;
    if (pressed && pressed.name) {
      const kept = document.createElement("input");
      kept.type = "hidden";
      kept.name = pressed.name;
      kept.value = pressed.value;
      form.append(kept);
    }
    const action = (pressed && pressed.getAttribute("formaction")) || form.getAttribute("action");
    if (!action) return false;
    form.action = action;
    form.method = "post";
    HTMLFormElement.prototype.submit.call(form);
    return true;
  }

  document.addEventListener("htmx:before:request", () => {
    quiet();
    $("live").textContent = ""; /* so that the same words are read out again */
  });

  /* Only a fragment may enter the page. Anything else is a whole page, and goes where whole pages go. */
  document.addEventListener("htmx:before:response", (event) => {
    const ctx = event.detail.ctx;
    const { status, headers, raw } = ctx.response;
    if (status === 401 && !asks(ctx) && submitPlainly(ctx)) {
      event.preventDefault();
      return;
    }
    if (headers.has("HX-Redirect") || headers.has("HX-Refresh") || status === 204) return;
    if (raw.ok && !headers.has("HX-Fragment")) {
      event.preventDefault();
      location.assign(asks(ctx) || raw.redirected ? raw.url : location.href);
      return;
    }
    if ((status === 422 || status === 409) && !headers.has("HX-Fragment")) {
      event.preventDefault();
      if (asks(ctx) || !submitPlainly(ctx)) trouble(ctx, UNSURE);
    }
  });

  document.addEventListener("htmx:response:error", (event) => {
    const ctx = event.detail.ctx;
    const { status, headers } = ctx.response;
    if (status === 422 || status === 409 || headers.has("HX-Redirect") || headers.has("HX-Refresh")) return;
    trouble(ctx, asks(ctx) ? UNREAD : REFUSED[status] || UNSURE);
  });

  /* No connection, or no answer within the time set in the page. */
  document.addEventListener("htmx:error", (event) => {
    const ctx = event.detail.ctx;
    if (ctx && ctx.request) trouble(ctx, asks(ctx) ? UNREAD : UNSURE);
  });

  /* htmx focuses [autofocus] in what it brought. Where there is none and the focus fell off the page,
     it goes to the heading (or the whole) of what is new, so that the keyboard does not start at the top. */
  document.addEventListener("htmx:after:swap", (event) => {
    const ctx = event.detail.ctx;
    if (ctx.swap === "none" || !astray()) return;
    const target = ctx.target;
    const place = target && (target.isConnected ? target : target.id && $(target.id));
    if (!place) return;
    const first = place.querySelector(".govuk-error-summary, h2, h3, h4") || place;
    if (!first.hasAttribute("tabindex")) first.setAttribute("tabindex", "-1");
    first.focus();
  });

  /* Nothing was swapped, and the button lost the focus while it was switched off: give it back. */
  document.addEventListener("htmx:finally:request", (event) => {
    const pressed = event.detail.ctx.request.submitter;
    setTimeout(() => {
      if (pressed && pressed.isConnected && astray()) pressed.focus();
    }, 0);
  });
})();
