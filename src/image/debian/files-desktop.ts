import type { GuestFile } from './guest-file.ts';

/** The screen of the profile `desktop`: a greeter on which `user` is chosen, so that a password is all that is typed. */
export const desktopFiles: readonly GuestFile[] = [
  {
    // Nobody is logged in by himself: the screen may be seen by others, and the password be changed.
    path: '/etc/lightdm/lightdm.conf.d/utopia.conf',
    content: `[Seat:*]
greeter-hide-users=false
user-session=icewm-session
`,
  },
  {
    // The screen stays on: whoever looks at it by VNC or a screenshot would see black after ten minutes.
    path: '/etc/X11/xorg.conf.d/utopia.conf',
    content: `Section "ServerFlags"
  Option "BlankTime" "0"
  Option "StandbyTime" "0"
  Option "SuspendTime" "0"
  Option "OffTime" "0"
EndSection
`,
  },
  {
    // Run at the start of each session: a terminal is what most come for.
    path: '/etc/X11/icewm/startup',
    mode: 0o755,
    content: '#!/bin/sh\nxterm -geometry 100x30 &\n',
  },
];
