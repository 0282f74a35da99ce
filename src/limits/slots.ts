// How finely a window is counted: to the millisecond while that stays small, otherwise in slots, each counted as of its
// end. A slot can make somebody wait a thousandth of the window longer, and never lets anybody in early.

const mostSlots = 1024

export function slotMs({ limit, windowMs }: { readonly limit: number; readonly windowMs: number }): number {
  return limit <= mostSlots ? 1 : Math.max(1, Math.ceil(windowMs / mostSlots))
}
