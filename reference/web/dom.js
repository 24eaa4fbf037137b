// Small helpers to make elements.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) made.setAttribute(name === "id" ? "data-testid" : name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function screen(id, title, ...children) {
  return element("section", { id, class: "screen" }, element("h1", {}, title), ...children);
}

export function button(id, text, onclick, look = "primary") {
  return element("button", { id, type: "button", class: look, onclick }, text);
}

// A line that says what came of something.
export function notice() {
  return element("p", { id: "notice", role: "status", class: "notice" });
}
