import Testing

@testable import LocalBackend

@Suite
struct BaseEnvironmentTests {
    @Test
    func `what a program needs of the machine is handed on, and no secret of the service`() {
        let own = [
            "PATH": "/bin", "HOME": "/root", "LC_ALL": "C", "TFJOB_ADMIN_TOKEN": "s", "AWS_SECRET_ACCESS_KEY": "s",
        ]
        let variables = BaseEnvironment.variables(interpreter: "/opt/python/bin/python3", own: own)
        #expect(
            variables == [
                "PATH": "/opt/python/bin:/bin", "HOME": "/root", "LC_ALL": "C", "PYTHONUNBUFFERED": "1",
                "no_grpc_proxy": "127.0.0.1,localhost",
            ]
        )
    }
}
