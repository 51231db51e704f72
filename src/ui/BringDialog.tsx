export function BringDialog() {
  return null;
}
