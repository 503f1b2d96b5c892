/** What the client throws, as it was seen from real API servers and proxies, and what the link makes of it. */
import { ApiException } from '@kubernetes/client-node';
import { describe, expect, test } from '@jest/globals';
import { requestError } from './api-failure.ts';
import { ApiRequestError, JobGoneError } from './job-api.ts';

const answer = (code: number, body: unknown): ApiException<unknown> =>
  new ApiException(
    code,
    'Unknown API Status Code!',
    typeof body === 'string' ? body : JSON.stringify(body),
    {},
  );
const status = (reason: string, message: string): object => ({ kind: 'Status', reason, message });

describe('a request that failed', () => {
  test('means that the job is gone when the server does not know it', () => {
    const error = answer(404, status('NotFound', 'multigridtrainingjobs "k400" not found'));
    expect(requestError('reading the job', error, 'team/k400')).toBeInstanceOf(JobGoneError);
  });

  test.each<[string, unknown, number | null, string]>([
    ['the kind is not installed', answer(404, '404 page not found\n'), 404, 'CustomResourceDefinition'],
    ['rights are missing', answer(403, status('Forbidden', 'cannot get')), 403, 'Role and RoleBinding'],
    ['the token is old', answer(401, status('Unauthorized', 'Unauthorized')), 401, 'read again every minute'],
    ['the server is busy', answer(429, status('TooManyRequests', 'try again')), 429, 'try again'],
    ['a proxy answers in HTML', answer(502, '<html>bad gateway</html>'), 502, '502'],
    [
      'nobody answers',
      new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }),
      null,
      'ECONNREFUSED',
    ],
    ['a watch is refused', Object.assign(new Error('Forbidden'), { statusCode: 403 }), 403, 'Forbidden'],
  ])('may be made again when %s', (_what, error, code, said) => {
    const failure = requestError('reading the job', error, 'team/k400');
    expect(failure).toBeInstanceOf(ApiRequestError);
    expect(failure).toMatchObject({ status: code, cause: error });
    expect(failure.message).toContain(said);
  });
});
