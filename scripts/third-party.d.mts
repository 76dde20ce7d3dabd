import type { Metafile } from 'esbuild';

export declare const noticeFile: string;
export declare function bundledPackages(metafiles: readonly Metafile[]): string[];
export declare function writeNotice(root: string, packages: readonly string[]): string;
