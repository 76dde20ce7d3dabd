import type { ContainerKind } from '../facts/container.ts';
import type { ContainerRemedy } from './container-remedy.ts';

/** Containers that a service starts: what they are given stands in one of its files. */
export const serviceRemedies = {
  kubernetes: {
    name: 'a pod of Kubernetes',
    remedy: ({ trouble, gid }) => ({
      commands: [],
      advice:
        trouble === 'group'
          ? `In the pod's specification: securityContext: { supplementalGroups: [${gid}] }.`
          : 'In the pod\'s specification: resources: { limits: { devices.kubevirt.io/kvm: "1" } }, where a device plugin offers it (KubeVirt). Else a hostPath volume of /dev/kvm (type: CharDevice), with securityContext: { privileged: true }. The node needs /dev/kvm itself.',
    }),
  },
  github: {
    name: 'a job’s container of GitHub Actions',
    remedy: ({ gid }) => ({
      commands: [],
      advice: `In the workflow, below the job's container: options: --device /dev/kvm --group-add ${gid}. Or leave container: out, and run on the machine itself.`,
    }),
  },
  gitlab: {
    name: 'a job’s container of GitLab CI',
    remedy: ({ gid }) => ({
      commands: [],
      advice: `In config.toml of the runner, below [runners.docker]: devices = ["/dev/kvm"] and group_add = ["${gid}"]. Only who runs the runner can do it; the runners of gitlab.com have no KVM.`,
    }),
  },
  gitea: {
    name: 'a job’s container of a Gitea or Forgejo runner',
    remedy: ({ gid }) => ({
      commands: [],
      advice: `In config.yaml of the runner, below container: options: --device /dev/kvm --group-add ${gid}. Then start the runner anew.`,
    }),
  },
  codespaces: {
    name: 'a codespace',
    remedy: ({ gid }) => ({
      commands: [],
      advice: `In .devcontainer/devcontainer.json: "runArgs": ["--device=/dev/kvm", "--group-add=${gid}"]. Then Rebuild Container. A codespace whose machine has no /dev/kvm does not start with it.`,
    }),
  },
  devcontainer: {
    name: 'a development container',
    remedy: ({ gid }) => ({
      commands: [],
      advice: `In .devcontainer/devcontainer.json: "runArgs": ["--device=/dev/kvm", "--group-add=${gid}"]. Then rebuild the container.`,
    }),
  },
  gitpod: {
    name: 'a Gitpod workspace',
    remedy: () => ({
      commands: [],
      advice:
        'A workspace of Gitpod gets no /dev/kvm: labs run under emulation here. For speed, work on a computer of your own.',
    }),
  },
} satisfies Partial<Record<ContainerKind, ContainerRemedy>>;
