import Jobs
import Testing

@Suite
struct FolderFaultTests {
    @Test(arguments: [
        "clusters", "clusters/c", "clusters/c/partitions", "clusters/c/partitions/team-a",
    ])
    func `a link or a submodule hides the jobs of every level`(path: String) {
        for cause in [FolderFault.Cause.link, .submodule] {
            let fault = FolderFault(cause, at: path)
            #expect(fault?.issue.path == path)
            #expect(fault?.issue.message.hasPrefix(cause.rawValue) == true)
            #expect(fault?.hides("\(path)/x/y.json") == true)
            #expect(fault?.hides("\(path)x/y.json") == false)
        }
    }

    @Test(arguments: [
        ("README.md", FolderFault.Cause.file), ("clusters/README", .file), ("clusters/README.md", .link),
        ("clusters/c/partitions/README", .link), ("clusters/c/notes", .file), ("code", .link), ("code", .submodule),
        ("clusters/c/partitions/p/a.json", .submodule), ("clusters/c/partitions/p/data", .link),
    ])
    func `what no folder of jobs can be at hides none`(path: String, cause: FolderFault.Cause) {
        #expect(FolderFault(cause, at: path) == nil)
    }

    @Test
    func `a file hides jobs where nothing but a folder can be`() {
        #expect(FolderFault(.file, at: "clusters") != nil)
        #expect(FolderFault(.file, at: "clusters/c/partitions") != nil)
        #expect(FolderFault(.submodule, at: "clusters/c/partitions/p/more") != nil)
    }
}
