/** In place of markdown-to-jsx: react-jsonschema-form can show descriptions by it, and Preact can't draw what it makes. */

export const Markdown = ({ children }: { children?: unknown }) => children;
