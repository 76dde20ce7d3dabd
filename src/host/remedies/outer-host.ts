import type { Fix, FixCommand } from '../check.ts';
import type { MachineFacts } from '../facts/machine-facts.ts';

/** A hypervisor or a cloud that this host may be a machine of, and where it passes VT-x or AMD-V on. */
interface OuterHost {
  readonly is: (machine: MachineFacts) => boolean;
  readonly advice: (machine: MachineFacts) => string;
  readonly commands?: readonly FixCommand[];
}

/** In a chassis's asset tag, which virtual machines elsewhere do not have. */
const azureTag = '7783-7084-3265-9085-8269-3286-77';

const outerHosts: readonly OuterHost[] = [
  {
    is: ({ env }) => env['CODESPACES'] === 'true',
    advice: () =>
      'Some machines of GitHub Codespaces have it and others have not: stop this codespace and start it anew, or choose another machine type for it. Nothing in here changes it.',
  },
  {
    is: ({ container }) => container?.kind === 'crostini',
    advice: () =>
      'ChromeOS passes it on to its Linux machine on some Chromebooks only, and has no setting for it: labs run under emulation here.',
  },
  {
    // The kernel of its machine on macOS, and on Windows without WSL.
    is: ({ kernel }) => kernel?.includes('-linuxkit') === true,
    advice: () =>
      'Docker Desktop runs containers in a machine of its own, which passes none on: run utopia on a Linux host itself, or on Windows in WSL 2.',
  },
  {
    is: ({ wsl }) => wsl === 2,
    advice: () =>
      'In Windows, put nestedVirtualization=true below [wsl2] in %UserProfile%\\.wslconfig, then wsl.exe --shutdown. Windows 10 cannot do it whatever stands there; Windows 11 can, on processors that Hyper-V can nest.',
  },
  {
    is: from(/^Amazon EC2/),
    advice: ({ product }) =>
      `This instance${product === undefined ? '' : ` (${product})`} has none. C8i, M8i and R8i have, with the CPU option nested virtualization switched on; so have bare-metal types (.metal).`,
  },
  {
    is: from(/^Google/),
    advice: () =>
      'Make the machine anew with enableNestedVirtualization, of an Intel machine type other than E2:',
    commands: [
      {
        argv: [
          ...['gcloud', 'compute', 'instances', 'create', 'NAME'],
          ...['--machine-type=n2-standard-4', '--enable-nested-virtualization'],
        ],
        root: false,
        why: 'where gcloud is logged in',
      },
    ],
  },
  {
    is: (machine) => machine.assetTag === azureTag,
    advice: () =>
      'On Azure the size decides: take one whose page says that it supports nested virtualization (Dv3, Ev3 and many later Intel ones), with security type Standard: Trusted Launch takes it away.',
  },
  {
    is: (machine) => machine.assetTag === 'OracleCloud.com',
    advice: () => 'On Oracle Cloud take a bare-metal shape, or an Intel one that allows nesting.',
  },
  {
    is: from(/VMware/i),
    advice: () =>
      'Power the machine off; in its processor settings tick "Virtualize Intel VT-x/EPT or AMD-V/RVI" (vhv.enable = "TRUE" in its .vmx file).',
  },
  {
    is: from(/innotek|VirtualBox|Oracle/i),
    advice: () =>
      'Power the machine off; on the outer host: VBoxManage modifyvm NAME --nested-hw-virt on',
  },
  {
    is: from(/Parallels/i),
    advice: () =>
      'Shut the machine down; in Parallels Desktop: Configure, Hardware, CPU & Memory, Advanced: Enable nested virtualization (on Macs with an Intel processor).',
  },
  {
    is: from(/Microsoft/i),
    advice: () =>
      'On the outer host: Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true',
  },
  {
    is: from(/^Xen/i),
    advice: () => 'Xen nests with nestedhvm=1 in the domain’s configuration, as an experiment.',
  },
  {
    is: from(/^BHYVE/i),
    advice: () => 'bhyve does not nest: take another hypervisor outside, or a real machine.',
  },
  {
    is: from(/^(QEMU|Red Hat|oVirt|libvirt)/i),
    advice: () =>
      'On the outer host, load its KVM with nesting (options kvm_intel nested=1, or kvm_amd, in modprobe.d) and give this machine the processor itself: -cpu host, <cpu mode="host-passthrough"/> of libvirt, or on Proxmox:',
    commands: [
      { argv: ['qm', 'set', 'ID', '--cpu', 'host'], root: true, why: 'then power it off and on' },
    ],
  },
];

function from(pattern: RegExp): OuterHost['is'] {
  return ({ vendor, product }) => pattern.test(vendor ?? '') || pattern.test(product ?? '');
}

/** How the hypervisor outside is made to pass VT-x or AMD-V on. */
export function outerFix(machine: MachineFacts): Fix {
  const found = outerHosts.find(({ is }) => is(machine));
  const { vendor } = machine;
  const advice =
    found?.advice(machine) ??
    (vendor === undefined
      ? 'Enable nested virtualisation in the outer hypervisor, or take a cloud machine type that has it.'
      : `Only ${vendor} can pass it on: ask for a machine type with nested virtualisation, or take a machine of its own (bare metal).`);
  return { kind: 'manual', commands: found?.commands ?? [], after: 'reboot', advice };
}
