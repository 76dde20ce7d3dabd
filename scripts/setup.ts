// `npm run setup`: what the tests need of the host beyond Node.
import { installMissingTools } from './host-tools.ts';

process.exitCode = (await installMissingTools()) ? 0 : 69;
