import Foundation
import Jobs
import TestSupport
import Testing

@testable import CommandLine

struct KnownClustersTests {
    private static func files(_ counts: [String: Int]) -> [String] {
        counts.flatMap { cluster, count in
            (0..<count).map { "clusters/\(cluster)/partitions/team-a/job-\($0).json" }
        }
    }

    @Test(
        arguments: [
            (["defualt": 1, "default": 12], "defualt", "default"), (["default": 1, "default2": 2], "default", nil),
            (["gpu-a": 1, "gpu-b": 5], "gpu-a", nil), (["gpu1": 1, "gpu2": 5], "gpu1", nil),
            (["prod": 3, "default": 12], "prod", nil), (["defualt": 12, "default": 1], "defualt", nil),
            (["default": 1], "default", nil), (["prodd": 1, "prod": 2], "prodd", "prod"),
        ] as [([String: Int], String, String?)]
    )
    func `a cluster with few files and a similar name is likely a typing error`(
        counts: [String: Int],
        cluster: String,
        meant: String?
    ) {
        let known = KnownClusters.all.counting(Self.files(counts))
        let key = JobKey(cluster: cluster, partition: "team-a", id: "one")
        let issues = known.issues(of: key, nil, in: [])
        #expect(issues.map(\.severity) == (meant == nil ? [] : [.warning]))
        #expect(issues.first?.message.hasSuffix("did you mean \"\(meant ?? "")\"?") ?? true)
    }
}
