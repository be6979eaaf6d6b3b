/** The keyword that counts how often a component is gone through. */
export const STEP = "x-gateway-step";
