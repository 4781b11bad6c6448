import { testGateway } from './gateway-suite.js';

testGateway('uring');
