import { testGateway } from './gateway-suite.js';

testGateway('ws');
