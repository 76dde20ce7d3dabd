/** Settings that restrict user namespaces, and the value that does (user_namespaces(7), Ubuntu, Debian). */
export const namespaceSettings = [
  { name: 'kernel.apparmor_restrict_unprivileged_userns', restricts: '1', open: '0' },
  { name: 'kernel.unprivileged_userns_clone', restricts: '0', open: '1' },
  { name: 'user.max_user_namespaces', restricts: '0', open: '15000' },
] as const;
