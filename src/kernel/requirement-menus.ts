// Where menuconfig has things: the beginnings of paths, as it titles its pages.

export const processor = 'Processor type and features';
export const general = 'General setup';
export const expert = `${general} > Configure standard kernel features (expert users)`;
export const drivers = 'Device Drivers';
export const network = `${drivers} > Network device support`;
export const networking = 'Networking support';
export const files = 'File systems';
export const characters = `${drivers} > Character devices`;
export const serial = `${characters} > Serial drivers`;
export const hacking = 'Kernel hacking';
export const virtio = `${drivers} > Virtio drivers`;
