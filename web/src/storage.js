// The browser's storage under names of our own: other pages served from the same host, such as another GraphiQL on the
// same port tomorrow, keep theirs. Where storage is refused, nothing is kept and everything else works.
export function namespacedStorage(prefix) {
  const names = () => {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(prefix));
    } catch {
      return [];
    }
  };
  return {
    get length() {
      return names().length;
    },
    key: (index) => names()[index]?.slice(prefix.length) ?? null,
    getItem: (name) => {
      try {
        return localStorage.getItem(prefix + name);
      } catch {
        return null;
      }
    },
    setItem: (name, value) => localStorage.setItem(prefix + name, value),
    removeItem: (name) => localStorage.removeItem(prefix + name),
    clear: () => names().forEach((name) => localStorage.removeItem(name)),
  };
}
