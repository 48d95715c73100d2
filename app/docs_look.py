"""The style and the script of the page at /docs: in the page itself, each allowed by its hash and nothing else."""

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882 }
:root { --strong: #1d4ed8; --mark: #be185d; --ink: #111; --page: #fff }
@media (prefers-color-scheme: dark) { :root { --strong: #93b4ff; --mark: #f9a8d4; --ink: #eee; --page: #161616 } }
html { background: var(--page); color: var(--ink) }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
a { color: var(--strong) }
code, pre, textarea, input { font: 14px/1.4 ui-monospace, monospace }
section { border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0; padding: 0 1rem 1rem }
h2 { margin-top: 2.5rem }
h3 { font-size: 1rem }
h3 b { color: var(--strong); margin-right: .5em }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: 600; padding: .75rem 0 .25rem }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-top: 1px solid var(--line) }
th { font-weight: normal }
label { display: block; margin: .5rem 0 }
input, textarea { display: block; width: 100%; padding: .4rem; border: 1px solid #888; border-radius: 4px }
button { font: inherit; padding: .4rem 1.2rem; cursor: pointer }
pre { background: var(--soft); padding: .75rem; overflow: auto; max-height: 30rem; border-radius: 4px }
.key { color: var(--mark) }
"""

# What is shown comes by textContent: no answer can become a part of the page.
SCRIPT = """
for (const form of document.forms) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = form.querySelector("output");
    const headers = {};
    let path = form.dataset.path;
    let body;
    for (const field of form.elements) {
      if (!field.value || !field.name) continue;
      if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
      if (field.dataset.in === "header") headers[field.name] = field.value;
      if (field.dataset.in === "body") [body, headers["Content-Type"]] = [field.value, "application/json"];
    }
    shown.replaceChildren(Object.assign(document.createElement("pre"), { tabIndex: 0 }));
    const say = (text) => { shown.firstChild.textContent = text; };
    say("Asking ...");
    try {
      const answer = await fetch(path, { method: form.dataset.method, headers, body });
      const text = await answer.text();
      const told = ["Location", "Retry-After", "Preference-Applied"].filter((name) => answer.headers.has(name));
      const lines = told.map((name) => `${name}: ${answer.headers.get(name)}`);
      let document_ = text;
      try { document_ = JSON.stringify(JSON.parse(text), null, 2); } catch {}
      say([`${answer.status} ${answer.statusText}`.trim(), ...lines, "", document_].join("\\n").trim());
    } catch (error) {
      say(`No answer: ${error.message}`);
    }
  });
}
"""
