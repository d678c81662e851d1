/* The way back from an agency's directory: presses the page's one button. */
"use strict";
for (const form of document.querySelectorAll("form[data-go-on]")) form.submit();
