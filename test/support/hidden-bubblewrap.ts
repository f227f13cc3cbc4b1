/**
 * A command prefix that starts a program where bubblewrap is not: its file lies under an empty device, in a mount
 * namespace of that program alone. No configuration of the service can do this, and its own search is what is tested.
 */
export function withoutBubblewrap(): string[] {
  const isRoot = process.getuid?.() === 0;
  // Who is not root may hide a file in a user namespace, and puts the rights down that came with it.
  const rights = isRoot ? [] : ['--user', '--map-current-user', '--keep-caps'];
  const script = `
    for file in /usr/local/bin/bwrap /usr/bin/bwrap /bin/bwrap; do
      if [ -x "$file" ]; then mount --bind /dev/null "$file" || exit 1; fi
    done
    exec ${isRoot ? '' : 'setpriv --inh-caps=-all --ambient-caps=-all -- '}"$0" "$@"`;
  return ['unshare', ...rights, '--mount', 'sh', '-c', script];
}
