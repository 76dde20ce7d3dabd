// `npm run setup`: what the tests need of the host beyond Node.
import { installMissingTools } from './host-tools.ts';
import { installTestTools } from './test-tools.ts';

process.exitCode = (await installMissingTools()) && installTestTools() ? 0 : 69;
