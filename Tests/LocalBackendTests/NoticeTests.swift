import Foundation
import Jobs
import Testing

@testable import LocalBackend

@Suite
struct NoticeTests {
    @Test
    func `a notice is read back from its file's name`() {
        let id = RunID(key: JobKey(cluster: "c-1", partition: "p", id: "a-b"), number: 12)
        let notice = Notice(id: id, replica: "worker-0")
        let url = notice.url(in: URL(fileURLWithPath: "/state"))
        #expect(Notice(fileName: url.lastPathComponent) == notice)
    }

    @Test(arguments: ["", "a+b", "a+b+c+x+worker-0", "a+b+c+1+worker-0+more"])
    func `another file is no notice`(name: String) {
        #expect(Notice(fileName: name) == nil)
    }
}
