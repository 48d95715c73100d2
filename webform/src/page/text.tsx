/** A field's description: words and `code`. */

export function Inline({ text }: { text: unknown }) {
  const parts = String(text).split(/`([^`]+)`/);
  return <>{parts.map((part, place) => (place % 2 ? <code key={part}>{part}</code> : part))}</>;
}
