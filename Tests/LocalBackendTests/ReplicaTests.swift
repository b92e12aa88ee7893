import Foundation
import Jobs
import Testing

@testable import LocalBackend

@Suite
struct BaseEnvironmentTests {
    @Test
    func `replicas inherit the variables of the machine, and no secret of the service`() {
        let own = [
            "PATH": "/bin", "HOME": "/root", "LC_ALL": "C", "TFJOB_ADMIN_TOKEN": "s", "AWS_SECRET_ACCESS_KEY": "s",
            "https_proxy": "http://ann:p@ss@proxy:3128", "HTTP_PROXY": "ann:pass@proxy:3128",
            "no_proxy": "a@b,localhost",
        ]
        let variables = BaseEnvironment.variables(interpreter: "/opt/python/bin/python3", own: own)
        #expect(
            variables == [
                "PATH": "/opt/python/bin:/bin", "HOME": "/root", "LC_ALL": "C", "PYTHONUNBUFFERED": "1",
                "no_grpc_proxy": "127.0.0.1,localhost", "https_proxy": "http://proxy:3128", "HTTP_PROXY": "proxy:3128",
                "no_proxy": "a@b,localhost",
            ]
        )
    }
}

@Suite
struct NoticeTests {
    @Test
    func `a notice is parsed from the name of its file`() {
        let id = RunID(key: JobKey(cluster: "c-1", partition: "p", id: "a-b"), number: 12)
        let notice = Notice(id: id, replica: "worker-0")
        let url = notice.url(in: URL(fileURLWithPath: "/state"))
        #expect(Notice(fileName: url.lastPathComponent) == notice)
    }

    @Test(arguments: ["", "a+b", "a+b+c+x+worker-0", "a+b+c+1+worker-0+more"])
    func `the name of another file is not a notice`(name: String) {
        #expect(Notice(fileName: name) == nil)
    }
}

@Suite
struct PortPoolTests {
    @Test
    func `ports are assigned in turn, and again after they are released`() {
        var pool = PortPool(range: 10...13, first: 12)
        #expect(pool.takePorts(3) { _ in true } == [12, 13, 10])
        #expect(pool.takePorts(2) { _ in true } == nil)
        pool.releasePorts([13])
        #expect(pool.takePorts(2) { _ in true } == [11, 13])
    }

    @Test
    func `ports in use are skipped, and a failed attempt reserves nothing`() {
        var pool = PortPool(range: 10...13, first: 10)
        #expect(pool.takePorts(4) { $0 != 11 } == nil)
        #expect(pool.takePorts(3) { $0 != 11 } == [10, 12, 13])
    }

    @Test
    func `reserved ports are not assigned`() {
        var pool = PortPool(range: 10...12, first: 10)
        pool.reservePorts([11])
        #expect(pool.takePorts(2) { _ in true } == [10, 12])
    }
}
