import type { Explanation } from './cause-explanation.ts';

export const labExplanations: Readonly<Record<string, Explanation>> = {
  'lab.config': {
    about: 'What utopia up would refuse to start with. The other checks of the lab wait for it.',
    causes: {
      'config-invalid': {
        means:
          'A line of utopia.config or .env, or a variable of the environment, has a value that cannot be used.',
        fix: 'utopia config lists every problem with its line.',
      },
    },
  },
  'image.backing': {
    about:
      'The image that machines start from. Where none is configured and none is there, up offers to build one.',
    causes: {
      'image-missing': {
        means: 'The image that is configured is not there, or not readable.',
        fix: 'Correct QCOW2_BACKING_FILE, or: utopia image build, utopia image fetch URL.',
      },
      'image-unsuitable': {
        means:
          'The file is no disk image that can be started from: still compressed, cut short, of another format.',
        fix: 'What is said below it: unpack it, fetch it again.',
      },
    },
  },
  'image.private': {
    about:
      'The file with all that the guest has written. It fits only the image that it was made over.',
    causes: {
      'overlay-damaged': {
        means: 'Its header cannot be read, or contradicts itself.',
        fix: 'utopia reset keeps it and starts with a new one.',
      },
      'overlay-locked': {
        means: 'Another QEMU or qemu-img has it open.',
        fix: 'utopia down, or end that program.',
      },
      'image-changed': {
        means: 'The image under it is not what it was: its blocks no longer fit.',
        fix: 'utopia image rebase when only the place or the time changed; else bring the old image back, or utopia reset.',
      },
      'image-missing': {
        means: 'The image that it was made over is not there any more.',
        fix: 'Bring it back, or utopia image rebase to where it is now, or utopia reset.',
      },
      'cannot-create': {
        means: 'It cannot be made: the folder is missing or may not be written to.',
        fix: 'Make the folder writable, or set QCOW2_PRIVATE_FILE.',
      },
      'image-doubtful': {
        means: 'Something about it is unusual, and is told; a machine starts all the same.',
        fix: 'What is said there.',
      },
    },
  },
  'net.ports': {
    about:
      'The ports for SSH and VNC are tried as QEMU would: by binding them. The kernel’s tables only name who holds one.',
    causes: {
      'port-busy': {
        means: 'Another program listens there.',
        fix: 'End that program, or take the next free port: doctor --fix writes it into utopia.config. A machine of another lab of yours is named, with the command that ends it.',
      },
      'port-privileged': {
        means: 'Ports below 1024 are root’s.',
        fix: 'Take one from 1024 on: doctor --fix writes it into utopia.config.',
      },
      'address-unavailable': {
        means: 'The address that is configured is none of this host’s.',
        fix: 'Use 127.0.0.1, or an address that ip address shows.',
      },
    },
  },
  'disk.space': {
    about:
      'What counts is what a user may still write: root’s reserve is not yours, and a file system can run out of inodes. QEMU pauses a guest whose disk is full on the host.',
    causes: {
      'disk-full': {
        means: 'Less than 64 MB, or hardly any inode, is available in the private file’s folder.',
        fix: 'Free some space there, or set QCOW2_PRIVATE_FILE to a folder with more room.',
      },
      'disk-tight': {
        means:
          'Less than 1 GB is available: a guest that installs packages fills it in an afternoon.',
        fix: 'The same, before it is needed.',
      },
    },
  },
  'mem.available': {
    about:
      'The guest’s memory and some for QEMU have to fit into what the host has available, and below the limits of this process’s control groups. The kernel kills the largest process when it runs out, and that is QEMU.',
    causes: {
      'memory-short': {
        means: 'UTOPIA_MEMORY_MB is more than what is available.',
        fix: 'Close something, or lower it: doctor --fix writes what fits into utopia.config.',
      },
    },
  },
  'tools.guest': {
    about: 'utopia ssh runs the host’s ssh.',
    causes: {
      'ssh-missing': {
        means: 'There is no ssh in PATH. The machine itself runs without.',
        fix: 'doctor --fix installs the client.',
      },
    },
  },
  'share.private': {
    about:
      'What a guest writes into the shared folder belongs to you on the host, with the mode that the guest gives it. Whoever gets into the guest and reaches the folder on the host can lay a program there that runs as you. A folder that utopia makes has the mode 0700; one that is there keeps its own.',
    causes: {
      'share-open': {
        means:
          'Other users of this host can open the folder: its mode lets them in, and so do those of all folders above it.',
        fix: 'doctor --fix takes the others’ rights away (chmod go-rwx). The guest reads it as before.',
      },
    },
  },
  'login.private': {
    about:
      'The guest’s SSH port is on loopback, which is everybody on this host, and a new guest has the passwords of the guide. With UTOPIA_LOGIN=key the port opens only once its sshd takes keys alone. Passwords that you have changed (utopia passwd) are not looked at here.',
    causes: {
      'login-open': {
        means:
          'Others are on this host, and UTOPIA_LOGIN is password: who knows a password of the guest can log in.',
        fix: 'UTOPIA_LOGIN=key in utopia.config, utopia login key for the machine that runs. Or give both accounts passwords of your own: utopia passwd, utopia passwd user.',
      },
    },
  },
};
