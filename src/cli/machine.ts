import type { Command } from 'commander';
import type { RunCommand } from '../cli.ts';

export function addMachineCommands(_program: Command, _runCommand: RunCommand): void {}
