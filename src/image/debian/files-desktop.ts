import type { GuestFile } from './files.ts';

/** The screen of the profile `desktop`: a greeter on which `user` is chosen, so that a password is all that is typed. */
export const desktopFiles: readonly GuestFile[] = [
  {
    // Nobody is logged in by himself: the screen may be seen by others, and the password be changed.
    path: '/etc/lightdm/lightdm.conf.d/utopia.conf',
    content: `[Seat:*]
greeter-hide-users=false
user-session=xfce
`,
  },
  {
    // An emulated guest draws each window as a whole, without shadows and fading. No screen saver
    // and no display power management: nothing of either is on a machine's screen.
    path: '/etc/xdg/xfce4/xfconf/xfce-perchannel-xml/xfwm4.xml',
    content: `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfwm4" version="1.0">
  <property name="general" type="empty">
    <property name="use_compositing" type="bool" value="false"/>
  </property>
</channel>
`,
  },
];
