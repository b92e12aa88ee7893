import Jobs
import Testing

@Suite
struct VerdictTests {
    private static func job(_ groups: [(ReplicaType, Int)], successPolicy: SuccessPolicy? = nil) -> Job {
        let resources = Resources(
            cpu: CPUQuantity(millicores: 100),
            memory: MemoryQuantity(bytes: 1 << 20, text: "1Mi")
        )
        var job = Job(
            runtime: Runtime(python: "3.11"),
            bootfile: "train.py",
            replicas: groups.map { ReplicaGroup(type: $0.0, count: $0.1, resource: resources) }
        )
        job.successPolicy = successPolicy
        return job
    }

    private static func verdict(_ job: Job, _ ends: [String: Int]) -> String {
        let replicas = RunStatus(pending: job).replicas.map { replica in
            var replica = replica
            replica.state = .running
            if let code = ends[replica.name] {
                replica.state = code == 0 ? .succeeded : .failed
                replica.exitCode = code
            }
            return replica
        }
        switch job.verdict(of: replicas) {
        case .open: return "open"
        case .succeeded: return "succeeded"
        case .failed(_, let message): return message
        }
    }

    @Test(
        arguments: [
            ([(.worker, 2)], [:], "open"),
            ([(.worker, 2)], ["worker-1": 0], "open"),
            ([(.worker, 2)], ["worker-0": 0], "succeeded"),
            ([(.worker, 2)], ["worker-1": 3], "worker-1 exited with code 3"),
            ([(.worker, 2)], ["worker-0": 0, "worker-1": 3], "succeeded"),
            ([(.chief, 1), (.worker, 1)], ["worker-0": 0], "open"),
            ([(.chief, 1), (.worker, 1)], ["chief-0": 0], "succeeded"),
            ([(.master, 1), (.worker, 1)], ["master-0": 0], "succeeded"),
            ([(.chief, 0), (.worker, 1)], ["worker-0": 0], "succeeded"),
            ([(.chief, 1), (.ps, 1)], ["ps-0": 1], "ps-0 exited with code 1"),
            ([(.ps, 2)], ["ps-0": 0], "open"),
            ([(.ps, 2)], ["ps-0": 0, "ps-1": 0], "succeeded"),
            ([(.evaluator, 1)], ["evaluator-0": 0], "succeeded"),
        ] as [([(ReplicaType, Int)], [String: Int], String)]
    )
    func `a run is judged as TFJob v1 does`(groups: [(ReplicaType, Int)], ends: [String: Int], expected: String) {
        #expect(Self.verdict(Self.job(groups), ends) == expected)
    }

    @Test
    func `under AllWorkers every worker has to succeed`() {
        let job = Self.job([(.worker, 2)], successPolicy: .allWorkers)
        #expect(Self.verdict(job, ["worker-0": 0]) == "open")
        #expect(Self.verdict(job, ["worker-0": 0, "worker-1": 0]) == "succeeded")
    }
}

@Suite
struct TFConfigTests {
    private static let resources = Resources(
        cpu: CPUQuantity(millicores: 100),
        memory: MemoryQuantity(bytes: 1 << 20, text: "1Mi")
    )

    private static func text(_ groups: [(ReplicaType, Int)], type: ReplicaType, index: Int) throws -> String? {
        let job = Job(
            runtime: Runtime(python: "3.11"),
            bootfile: "train.py",
            replicas: groups.map { ReplicaGroup(type: $0.0, count: $0.1, resource: resources) }
        )
        return try TFConfig(job: job, type: type, index: index) { "\($0.rawValue)-\($1):2222" }?.text()
    }

    @Test
    func `two workers meet each other`() throws {
        #expect(
            try Self.text([(.worker, 2)], type: .worker, index: 1)
                == #"{"cluster":{"worker":["worker-0:2222","worker-1:2222"]},"environment":"cloud","task":{"index":1,"type":"worker"}}"#
        )
    }

    @Test
    func `the evaluator is in the cluster, master stays master, and a type with count 0 has an empty list`() throws {
        let text = try Self.text([(.master, 1), (.ps, 0), (.evaluator, 1)], type: .master, index: 0)
        #expect(
            text
                == #"{"cluster":{"evaluator":["evaluator-0:2222"],"master":["master-0:2222"],"ps":[]},"environment":"cloud","task":{"index":0,"type":"master"}}"#
        )
    }

    @Test
    func `a single replica has none`() throws {
        #expect(try Self.text([(.worker, 1)], type: .worker, index: 0) == nil)
        #expect(try Self.text([(.chief, 1), (.ps, 0)], type: .chief, index: 0) == nil)
    }
}
