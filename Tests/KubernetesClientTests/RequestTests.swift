import Foundation
import Jobs
import Testing

@testable import KubernetesClient

@Suite
struct RequestTests {
    private let object = ObjectReference(kind: .tfJobs, namespace: "team-a", name: "mnist")

    @Test
    func `paths and parameters are as the API has them`() {
        #expect(APIRequest.get(object).target == "/apis/kubeflow.org/v1/namespaces/team-a/tfjobs/mnist")
        #expect(
            APIRequest.list(.pods, selector: "a=b,c in (d)", limit: 5, continue: "x/y+z").target
                == "/api/v1/pods?labelSelector=a%3Db%2Cc%20in%20%28d%29&limit=5&continue=x%2Fy%2Bz"
        )
        #expect(
            APIRequest.watch(.services, namespace: "n", selector: nil, since: "7", seconds: 9).target
                == "/api/v1/namespaces/n/services?watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=9"
        )
        #expect(
            APIRequest.log(of: ObjectReference(kind: .pods, namespace: "n", name: "p"), container: "c", tail: 3).target
                == "/api/v1/namespaces/n/pods/p/log?container=c&tailLines=3"
        )
    }

    @Test
    func `a create goes to the collection, names us, and may only ask`() {
        let request = APIRequest.create(object, ["a": 1])
        #expect(request.method == .post && request.contentType == "application/json")
        #expect(request.target == "/apis/kubeflow.org/v1/namespaces/team-a/tfjobs?fieldManager=tfjob-admin")
        #expect(APIRequest.create(object, [:], isDryRun: true).target.hasSuffix("&dryRun=All"))
    }

    @Test
    func `a delete is of this very object, and what it owns goes first`() {
        let request = APIRequest.delete(object, uid: "u-1")
        #expect(request.body?["propagationPolicy"] == "Foreground")
        #expect(request.body?["preconditions"]?["uid"] == "u-1")
        #expect(APIRequest.patch(object, uid: "u-1", ["spec": [:]]).body?["metadata"]?["uid"] == "u-1")
    }

    @Test
    func `a bucket lets a burst through, and then so many a second`() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(rate: 10, burst: 3, now: start)
        let delays = (0..<6).map { _ in bucket.takeToken(now: start) }
        #expect(delays == [0, 0, 0, 100, 200, 300].map { .milliseconds($0) })
        #expect(bucket.takeToken(now: start + .seconds(10)) == .zero)
    }

    @Test
    func `what may heal is tried again, as long as a server asks for it`() {
        let policy = RetryPolicy()
        func pause(_ code: Int, attempt: Int = 1, after: Int? = nil) -> Duration? {
            policy.pause(after: attempt, .status(APIStatus(code: code)), retryAfter: after, jitter: 0)
        }
        #expect(pause(429, after: 7) == .seconds(7))
        #expect(pause(429, after: 100_000) == .seconds(30))
        #expect(pause(500) == .milliseconds(250) && pause(503, attempt: 3) == .seconds(1))
        #expect(pause(503, attempt: 5) == nil)
        #expect([400, 401, 403, 404, 409, 410, 422].allSatisfy { pause($0) == nil })
        #expect(policy.pause(after: 1, .unreachable(""), retryAfter: nil, jitter: 1) == .milliseconds(125))
        #expect(policy.pause(after: 1, .noAccess(""), retryAfter: nil, jitter: 0) == nil)
    }

    @Test
    func `lines come out whole however they were cut`() {
        var splitter = LineSplitter()
        var lines: [[UInt8]] = []
        for byte in Array("{\"a\": 1}\n\n{}\nrest".utf8) {
            lines += splitter.appendBytes([byte])
        }
        #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["{\"a\": 1}", "{}"])
    }

    @Test
    func `events are read, and one of a newer kind is passed over`() throws {
        func event(_ text: String) throws -> WatchEvent<IdentifiedObject> {
            try JSONDecoder().decode(WatchEvent<IdentifiedObject>.self, from: Data(text.utf8))
        }
        let object = #"{"metadata": {"name": "a", "uid": "u", "resourceVersion": "5"}}"#
        guard case .changed(let added) = try event(#"{"type": "ADDED", "object": \#(object)}"#),
            case .deleted = try event(#"{"type": "DELETED", "object": \#(object)}"#),
            case .bookmark(let version) = try event(
                #"{"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}"#
            ),
            case .failed(let status) = try event(
                #"{"type": "ERROR", "object": {"code": 410, "reason": "Expired"}}"#
            ),
            case .other = try event(#"{"type": "NEWS", "object": {}}"#)
        else {
            Issue.record("an event was read as another")
            return
        }
        #expect(added.metadata.uid == "u" && version == "9" && status.isExpired)
    }
}
