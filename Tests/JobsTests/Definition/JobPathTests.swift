import Jobs
import Testing

@Suite
struct JobPathTests {
    @Test
    func `a path of five parts is a job`() {
        let key = JobKey(cluster: "c1", partition: "team-a", id: "0-mnist")
        #expect(JobPath("clusters/c1/partitions/team-a/0-mnist.json") == .job(key))
        #expect(JobPath(key.path) == .job(key))
    }

    @Test(arguments: [
        "README.md", "clusters/README.md", "clusters/c/partitions/p/train.py", "code/clusters/c/partitions/p/a.json",
        "clusters.json", "clusters/c/a.yaml", "clusters/c/partitions/p/sub/a.yml", "clusters/c/partitions/p/a.xml",
    ])
    func `other files are ignored`(path: String) {
        #expect(JobPath(path) == .ignored)
    }

    @Test(arguments: [
        "clusters/a.json", "clusters/c/partitions/a.json", "clusters/c/partitions/p/sub/a.json",
        "clusters/c/partition/p/a.json",
        "clusters/c/partitions/p/.json", "clusters/c/partitions/p/A.json", "clusters/c/partitions/p/-a.json",
        "clusters/c/partitions/p/a-.json",
        "clusters/c/partitions/p/a_b.json", "clusters/C/partitions/p/a.json", "clusters//partitions/p/a.json",
        "clusters/c/partitions/é/a.json",
        "clusters/c/partitions/p/\(String(repeating: "a", count: 48)).json",
        "clusters/\(String(repeating: "c", count: 64))/partitions/p/a.json",
    ])
    func `a JSON file that fits no job is a stray one`(path: String) {
        guard case .stray(let why) = JobPath(path) else {
            Testing.Issue.record("\(path) is \(JobPath(path))")
            return
        }
        #expect(!why.isEmpty)
    }

    @Test(arguments: ["a.JSON", "a.Json", "a.yaml", "a.yml", "A_B.YML"])
    func `a file that looks like a job file is told of`(name: String) {
        guard case .lookalike(let advice) = JobPath("clusters/c/partitions/p/\(name)") else {
            Testing.Issue.record("\(name) is \(JobPath("clusters/c/partitions/p/\(name)"))")
            return
        }
        #expect(advice.contains("a job file ends in .json"))
    }

    @Test
    func `the longest names`() {
        let id = String(repeating: "a", count: 47)
        let label = String(repeating: "b", count: 63)
        #expect(
            JobPath("clusters/\(label)/partitions/\(label)/\(id).json")
                == .job(JobKey(cluster: label, partition: label, id: id))
        )
    }
}

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
