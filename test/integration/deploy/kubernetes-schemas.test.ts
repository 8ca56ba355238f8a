import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { manifestFiles, manifestsOf } from '../../support/manifests.ts'
import { pythonWithPackages } from '../../support/python.ts'

const folders = ['common', 'gateway-spool', 'gateway-kafka']

// The newest that the package of schemas has, and the oldest that has everything used here.
for (const version of ['1.32', '1.37']) {
  test(`Kubernetes ${version} knows every field of the manifests`, () => {
    const { stdout, stderr, status } = validate(version, folders.flatMap(manifestFiles))
    assert.equal(status, 0, stderr + stdout)
    const objects = folders.flatMap(manifestsOf)
    assert.equal(`${stdout}${stderr}`.match(/ passed /g)?.length, objects.length)
  })
}

test('a field that Kubernetes does not know is found', () => {
  const wrong = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'wrong' },
    dataa: {},
  })
  const { stdout, stderr, status } = validate('1.37', ['-'], wrong)
  assert.notEqual(status, 0)
  assert.match(`${stdout}${stderr}`, /dataa/)
})

function validate(
  version: string,
  files: readonly string[],
  input = '',
): { stdout: string; stderr: string; status: number | null } {
  const python = pythonWithPackages('python-kubernetes-requirements.txt')
  return spawnSync(python, ['-m', 'kubernetes_validate', '--strict', '-k', version, ...files], {
    encoding: 'utf8',
    input,
  })
}
