import JobFile
import Jobs
import TestSupport
import Testing

@Suite
struct LimitTests {
    @Test(arguments: CostlyFile.all)
    func `no file takes longer than a second`(file: CostlyFile) {
        let bytes = file.bytes
        var reading: JobReading?
        let start = ThreadTime.now
        reading = JobFile.read(bytes, at: CaseFile.key)
        let time = ThreadTime.now - start
        #expect(reading?.job == nil)
        let issues = reading?.issues ?? []
        #expect(issues.count <= 101)
        #expect(issues.allSatisfy { $0.pointer.utf8.count <= 1024 && $0.message.utf8.count <= 2048 })
        #expect(time < Self.allowed)
    }

    /// A build without optimization is about ten times slower.
    private static var allowed: Duration {
        var isOptimized = true
        assert(
            {
                isOptimized = false
                return true
            }()
        )
        return isOptimized ? .seconds(1) : .seconds(10)
    }

    @Test
    func `a file over 1 MiB is not read`() {
        let reading = JobFile.read(CostlyFile("blanks", "", " ").bytes + [32], at: CaseFile.key)
        let message = "the file has 1048577 bytes: a job file has at most 1048576 (1 MiB); keep data beside clusters/"
        #expect(reading.issues.map(\.message) == [message])
    }

    @Test
    func `after a hundred issues the rest is counted`() {
        let keys = (0..<150).map { "\"k\($0)\": 0" }.joined(separator: ", ")
        let issues = JobFile.read(Array("{\(keys)}".utf8), at: CaseFile.key).issues
        #expect(issues.count == 101)
        #expect(issues.last?.message == "and 53 more: correct these first")
        #expect(issues.last?.severity == .error)
    }

    @Test
    func `of the ids that no file has a hundred are told, and the rest is counted`() throws {
        let ids = (0..<150).map { "\"j\($0)\"" }.joined(separator: ", ")
        let head = #""runtime": "Python_3.11", "bootfile": "a", "cpu": 1, "memory": "1Gi""#
        let reading = JobFile.read(Array("{\(head), \"dependsOn\": [\"known\", \(ids)]}".utf8), at: CaseFile.key)
        #expect(reading.dependencies.map(\.pointer) == (0...150).map { "/dependsOn/\($0)" })
        let faults = DependencyCheck.faults(in: [CaseFile.key: reading.dependencies]) { $0.id == "known" }
        let issues = try #require(faults[CaseFile.key])
        #expect(issues.map(\.pointer) == (1...101).map { "/dependsOn/\($0)" })
        #expect(issues.last?.message == "and 50 more of such ids: correct these first")
    }

    @Test
    func `a job waits for at most 10,000 others`() {
        func read(_ count: Int) -> JobReading {
            let ids = (0..<count).map { "\"j\($0)\"" }.joined(separator: ",")
            let head = #""runtime": "Python_3.11", "bootfile": "a", "cpu": 1, "memory": "1Gi""#
            return JobFile.read(Array("{\(head), \"dependsOn\": [\(ids)]}".utf8), at: CaseFile.key)
        }
        #expect(read(10_000).job?.dependsOn?.count == 10_000)
        let reading = read(10_002)
        #expect(reading.job == nil)
        #expect(reading.issues.map(\.pointer) == ["/dependsOn/10000"])
    }

    @Test
    func `a circle of 20,000 jobs is told at each of them in time`() throws {
        let keys = (0..<20_000).map { CaseFile.key.sibling("job-\($0)") }
        let dependencies = Dictionary(
            uniqueKeysWithValues: keys.enumerated().map { index, key in
                (key, [Dependency(id: keys[(index + 1) % keys.count].id, pointer: "/dependsOn/0")])
            }
        )
        var faults: [JobKey: [Jobs.Issue]] = [:]
        let time = ContinuousClock().measure { faults = DependencyCheck.faults(in: dependencies) { _ in true } }
        #expect(faults.count == keys.count)
        let first = try #require(faults[keys[0]]?.first)
        #expect(
            first.message
                == "this job and \"job-1\", \"job-10\", \"job-100\", \"job-1000\", \"job-10000\" and 19994 more wait for each other in a circle: leave one of the ids out"
        )
        #expect(
            time < .seconds(60),
            "it takes seconds without optimization, and minutes where each is held against all"
        )
    }
}
