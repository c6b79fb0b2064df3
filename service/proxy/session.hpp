#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/admission/limiter.hpp"
#include "service/control/recorder.hpp"
#include "service/proxy/access_note.hpp"
#include "service/proxy/asio.hpp"
#include "service/proxy/buffer.hpp"
#include "service/proxy/chunk_decoder.hpp"
#include "service/proxy/deadline.hpp"
#include "service/proxy/head.hpp"
#include "service/proxy/local_response.hpp"
#include "service/proxy/operation.hpp"
#include "service/proxy/outbox.hpp"
#include "service/proxy/stall_meter.hpp"
#include "service/proxy/stream.hpp"
#include "service/proxy/task.hpp"
#include "service/proxy/upstream_pool.hpp"

namespace sweetspot::proxy {

class Worker;

// One client's connection, from its accept to its close: reads a request, waits for a permit,
// forwards it, relays the answer, and so on with the next. Owned by its worker, on whose thread
// all of it happens, but for granted() and shed(), which may come from anywhere.
//
// session.cpp tells the story; session_request.cpp reads what the client sends; exchange.cpp is
// the time between grant and the upstream's last byte; relay.cpp the answer's way to the client;
// tunnel.cpp what follows a 101.
class Session final : public admission::Waiter {
 public:
  Session(Worker& worker, Socket socket, const Listen& how);
  ~Session();

  Story tell();        // runs until it has to wait, and is woken from then on
  void stop();         // ends it as soon as can be
  void reconsider();   // the worker drains
  void leave_queue();  // where it waits for a permit: it is shed

  void on_completed(Operation& operation);
  FramePool& frames();

 private:
  friend class Worker;

  struct Alarm final : Deadline {
    explicit Alarm(Session& s) : session(s) {}
    void on_expiry() override;
    Session& session;
  };

  struct NextTurn final : Postponed {
    NextTurn(Turn& turn, Session& s) : Postponed(turn), session(s) {}
    void on_turn() noexcept override { session.event_.wake(); }
    Session& session;
  };

  // The limiter's answer to who waited. Without memory of its own, for many come at once.
  struct Answered {
    Session* session;
    using allocator_type = OperationAllocator<void>;
    allocator_type get_allocator() const noexcept { return allocator_type(&session->write_); }
    void operator()() const;
  };

  // How a step of the story ended.
  enum class HeadRead { complete, refused, timed_out, crowded_out, left };
  enum class Admitted { granted, queued, shed, left };
  enum class Exchanged {
    complete,    // the upstream's last byte is here
    switched,    // to another protocol
    unanswered,  // nothing went to the client yet: answer failure_
    broken,      // the client has part of a response that will never be whole
    retry,       // the upstream had closed the connection before it could have read the request
  };
  enum class Progress { waiting, complete, switched, failed };

  // session.cpp: the story and its ends
  Task<bool> serve_one();  // true where the connection stays for another request
  Task<bool> answer(LocalResponse response);
  Task<bool> refuse(Refusal why);
  bool is_own_probe() const;
  LocalResponse no_upstream();
  Task<bool> turn_away();
  Task<bool> finish();  // sends what is left of the response
  Task<bool> linger();
  Task<bool> tunnel();
  bool tunnel_up();
  bool tunnel_down();
  void begin_request();
  void end_request();
  void record(control::Outcome outcome, TimePoint at);
  void end_permit(control::Outcome outcome, TimePoint at);  // recorded before it is released
  void close();

  // session_request.cpp: the client's side
  Task<HeadRead> read_head();
  Task<bool> read_proxy_header();
  Task<bool> shake_hands();
  Task<bool> wait_for_socket(Socket::wait_type what);
  Task<bool> park();
  Task<bool> read_body();    // into the buffer, before a permit is taken; false where it never came
  bool is_refused_unread();  // there will be no permit, whatever its body
  Admitted ask_for_permit();
  LocalResponse refusal();
  Task<Admitted> wait_in_queue();
  const std::string& peer();
  bool fits_buffer() const;
  void introduce();
  void start_read();
  void scan_body();
  bool client_has_left() const;
  void granted(admission::Permit permit) override;
  void shed(admission::ShedReason reason) override;
  void tell_answer();

  // exchange.cpp: from grant to the upstream's last byte
  bool lease_idle();
  Task<bool> lease_new();  // false where no connection could be had
  Task<bool> connect(UpstreamConnection& connection);
  Task<bool> shake_hands(UpstreamConnection& connection);
  Task<Exchanged> exchange();
  void watch_client();
  void begin_exchange();
  Exchanged end_exchange(Progress progress);
  Exchanged fail(control::Outcome outcome);
  void blame_upstream(control::UpstreamError error);
  std::optional<control::Outcome> reason_to_give_up();
  bool may_retry() const;
  void send_request();
  void watch_upstream();
  void wait_for_client(bool waits);
  bool client_stalls();
  bool lets_go() const;  // of a request whose client has left
  std::uint64_t moved_by_client() const { return down_.sent() + received_; }
  void drop_upstream();

  // relay.cpp: the answer
  Progress receive_response();
  Progress receive_head();
  Progress relay_body();
  void relay_bytes(std::size_t count, bool pass_on);
  void pass_interim();
  void begin_stream();
  std::string_view server_timing();
  void send_response();
  bool make_room();
  void retire_input();
  void release_sent();

  Worker& worker_;
  Session* previous_ = nullptr;  // the worker's list
  Session* next_ = nullptr;
  const Listen& how_;
  Stream stream_;
  std::string peer_;  // the client's address, once somebody wanted to know it
  Event event_;
  Operation read_, write_;
  Alarm phase_alarm_, request_alarm_, response_alarm_;
  NextTurn next_turn_;
  AccessNote note_;

  // The client's side.
  Buffer in_;
  RequestHead head_;
  std::uint64_t received_ = 0;  // bytes, since it connected
  std::size_t scanned_ = 0;     // bytes of in_ that belong to this request and have been looked at
  ChunkDecoder body_decoder_;
  std::uint64_t body_left_ = 0;
  std::vector<Range> body_;  // of in_, scanned and not yet sent
  std::vector<ChunkDecoder::Piece> pieces_;
  Outbox down_;
  std::string down_text_, interim_text_;
  std::array<char, 80> timing_text_;
  bool body_complete_ = false, body_malformed_ = false;
  bool is_new_ = true, eof_ = false, reset_ = false, stopped_ = false;
  bool keep_alive_ = false, reset_on_close_ = false;

  // The permit.
  admission::Permit permit_;
  admission::Demand demand_;
  admission::ShedReason shed_reason_{};
  bool is_queued_ = false, is_shed_ = false, bypasses_ = false;
  TimePoint arrived_at_{}, asked_at_{}, shed_at_{};

  // The upstream's side.
  UpstreamConnection* upstream_ = nullptr;
  Outbox up_;
  std::string up_text_;
  struct Introduced {
    Sender sender;
    std::string lines;  // for the request under way
  };
  std::unique_ptr<Introduced> introduced_;  // none where nothing is to be told
  ResponseHead response_;
  ChunkDecoder response_decoder_;
  std::uint64_t response_left_ = 0;
  std::uint64_t answered_before_ = 0;  // bytes by the connection, when it was leased
  std::uint64_t answered_ = 0;         // when we last looked
  std::size_t response_looked_at_ = 0;
  struct Held {
    Buffer buffer;
    std::uint64_t until;  // down_.sent() at which nothing of it is needed any more
  };
  std::vector<Held> held_;
  control::Outcome failure_{};
  bool request_streams_ = false;  // part of it is gone from in_: it cannot be sent again
  bool response_begun_ = false, upstream_refuses_ = false, client_gone_ = false;
  std::optional<TimePoint> streams_since_;  // where it is an event stream
  bool retried_ = false, none_was_up_ = false;
  std::size_t discarded_ = 0;  // bytes of the response that nobody wants any more
  StallMeter stall_;
};

}  // namespace sweetspot::proxy
