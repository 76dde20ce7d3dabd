/** What the kernel said about virtualisation while it booted or loaded KVM. */
export interface KernelLogFacts {
  /** The line that says that the BIOS switched it off. */
  readonly disabledByBios: string | undefined;
  /** The log reaches back to the start of the boot, so what is not in it was not said. */
  readonly complete: boolean;
}

/**
 * `kvm: disabled by bios`, `x86/cpu: VMX (outside TXT) disabled by BIOS`,
 * `SVM disabled (by BIOS) in MSR_VM_CR`, `kvm_intel: VMX not enabled (by BIOS) in
 * MSR_IA32_FEAT_CTL`: the wordings of kernels since 2.6.
 */
export function readKernelLog(text: string): KernelLogFacts {
  const lines = text.split('\n');
  const disabled = lines.find((line) =>
    /(\bkvm(_intel|_amd)?\b|\bvmx\b|\bsvm\b|\bVT-?x\b|virtuali[sz]ation).*(disabled|not enabled)\s*\(?by\s+bios/i.test(
      line,
    ),
  );
  return {
    disabledByBios: disabled?.trim(),
    complete: lines.some((line) => line.includes('Linux version ')),
  };
}
