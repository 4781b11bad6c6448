import { testLifecycle } from './lifecycle-courses.js';

testLifecycle(2);
